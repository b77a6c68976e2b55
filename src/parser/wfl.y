/* The grammar of WFL. Its actions build nodes and do nothing else; wfl(5) explains the language,
 * ast.h the nodes, and the lexer where a line end counts and what is a word. */
%code requires {
#include "lexer/token.h"

struct parse;
}

%code {
#include "parser/build.h"
#include "parser/report.h"

/* Bison's stack grows to this: deeper nesting is refused with a message. */
#define YYMAXDEPTH 10000

#define YYLLOC_DEFAULT(current, rhs, n)                                                            \
    do {                                                                                           \
        if (n) {                                                                                   \
            (current) = span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n));                             \
        } else {                                                                                   \
            (current) = YYRHSLOC(rhs, 0);                                                          \
            (current).start = (current).end;                                                       \
        }                                                                                          \
    } while (0)

#define LIST(at) LEAF(LIST, at, NULL)

static void
yyerror(struct span *at, struct parse *p, const char *text)
{
    (void)text; /* bison's own errors are given by yyreport_syntax_error */
    report_too_deep(p, *at);
}

static int
yylex(union wfl_value *value, struct span *at, struct parse *p)
{
    return lexer_next(&p->lx, value, at);
}
}

%define api.pure full
%define api.prefix {wfl_yy}
%define api.token.prefix {T_}
%define api.value.type {union wfl_value}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%expect 0
%locations
%param {struct parse *p}

%initial-action { @$ = (struct span){p->lx.scan.file, 0, 0}; }

%token <text> IDENT "a name" LABEL "a label" RAW "a string in '...'"
%token <text> TEXT "text" FORMAT "a format"
%token <ival> INT "a number"
%token <rval> REAL "a real number"
%token END 0 "the end of the file" NEWLINE "the end of the line"
%token STRING_BEGIN "a string" STRING_END "the end of the string"
%token BLOCK_BEGIN "a block string" BLOCK_END "the end of the block string"
%token INSERT_BEGIN "an insertion" INSERT_END "'}'"
%token RANGE "'..'" EQ "'=='" NE "'!='" LE "'<='" GE "'>='"
%token AND "'and'" OR "'or'" NOT "'not'" IN "'in'" IF "'if'" THEN "'then'" ELSE "'else'"
%token DIV "'div'" MOD "'mod'" TRUE "'true'" FALSE "'false'"
%token FOR "'for'" WHERE "'where'" NEEDS "'needs'" VIA "'via'"
%token <text> CAMPAIGN "'campaign'" USE "'use'" USES "'uses'" PARAM "'param'" LET "'let'" SET "'set'"
%token <text> TABLE "'table'" VISITS "'visits'" REGION "'region'" SENSORS "'sensors'"
%token <text> CAMERA "'camera'" MEMORY "'memory'" CONTAINER "'container'" TASK "'task'"
%token <text> SITE "'site'" SHELL "'shell'" SYNC "'sync'" UMASK "'umask'" CORES "'cores'" GPUS "'gpus'" NODES "'nodes'" TIME "'time'"
%token <text> LIMIT "'limit'" RUN "'run'" INPUT "'input'" OUTPUT "'output'"
%token <text> CHECKPOINT "'checkpoint'" REMAINING "'remaining'" RETRY "'retry'" ENV "'env'" BUNDLE "'bundle'" FEED "'feed'"
%token <text> PLACE "'place'" AFFINITY "'affinity'" PRIORITY "'priority'" ORDER "'order'" LEARN "'learn'" SIGNAL "'signal'"
%token <text> AFTER "'after'" STOP "'stop'" BIND "'bind'" IMAGE "'image'" FROM "'from'"
%token <text> DISTINCT "'distinct'" PROFILE "'profile'" CHECK "'check'" BY "'by'"
%token <text> ERROR "'error'" WARNING "'warning'" UNLESS "'unless'"
%token <text> BEFORE "'before'" WHEN "'when'" GATE "'gate'" MINUS "'minus'" STEP "'step'" WAIT "'wait'" OF "'of'"

%type <text> name expr_name prop_name clause_name plain_word soft_word comparison task_word rows_word
%type <node> decls decl_list decl source from_args where_opt head_for fors for needs_list needs_all needs
%type <node> props prop_list prop prop_block props_opt values value_list
%type <node> task_block task_props task_prop_list task_prop output_tail checks check
%type <node> terms term_list term term_block container_block container_props container_list
%type <node> container_prop env clauses clause unless items item words alternatives alternative name_list
%type <node> expr primary number quantity string parts insertion list args arg_list arg exprs
%type <node> run_value site_profile message hook hook_of gate

%precedence LOWEST
%precedence IDENT
%precedence ELSE
%left OR
%left AND
%precedence NOT
%nonassoc EQ NE LE GE '<' '>' IN
%nonassoc RANGE
%precedence STEP
%left '+' '-' MINUS
%left '*' '/' DIV MOD
%precedence NEGATE

%%

file: decls { p->root = build_adopt(p, LEAF(FILE, @$, NULL), $decls); }

/* --- declarations --- */

decls: decl_list
    | decl_list decl      { $$ = build_declaration(p, $1, $2); }
    | decl_list skipped
decl_list: %empty         { $$ = LIST(@$); }
    | decl_list decl end  { $$ = build_declaration(p, $1, $2); }
    | decl_list skipped end { yyerrok; $$ = $1; }
end: NEWLINE | ';'

decl: CAMPAIGN name       { $$ = NAMED(CAMPAIGN, @$, $2, @2, NULL); }
    | SHELL name          { $$ = NAMED(SHELL, @$, $2, @2, NULL); }
    | SYNC name           { $$ = NAMED(SYNC, @$, $2, @2, NULL); }
    | UMASK number        { $$ = NODE(UMASK, @$, $2); }
    | USE name            { $$ = NAMED(USE, @$, $2, @2, NULL); }
    | USES value_list     { $$ = build_adopt(p, LEAF(USES, @$, NULL), $2); }
    | PARAM name '=' expr { $$ = NAMED(PARAM, @$, $2, @2, $4); }
    | LET name '=' expr where_opt
        { $$ = NAMED(LET, @$, $2, @2, $5 ? NODE(SELECT, span_join(@4, @5), $4, $5->child) : $4); }
    | SET name '=' expr where_opt
        { $$ = NAMED(SET, @$, $2, @2, $5 ? NODE(SELECT, span_join(@4, @5), $4, $5->child) : $4); }
    | REGION name '=' expr
        { $$ = NAMED(REGION, @$, $2, @2, $4); }
    | TABLE name FROM source where_opt props_opt
        { $$ = build_adopt(p, NAMED(TABLE, @$, $2, @2, $4, $5), $6); }
    | VISITS name FROM source where_opt props_opt
        { $$ = build_adopt(p, NAMED(VISITS, @$, $2, @2, $4, $5), $6); }
    | SENSORS name FROM source where_opt props_opt
        { $$ = build_adopt(p, NAMED(SENSORS, @$, $2, @2, $4, $5), $6); }
    | CAMERA name FROM source where_opt props_opt
        { $$ = build_adopt(p, NAMED(CAMERA, @$, $2, @2, $4, $5), $6); }
    | CAMERA name prop_block
        { $$ = build_adopt(p, NAMED(CAMERA, @$, $2, @2, NULL), $3); }
    | rows_word error props_opt
        { $$ = NULL; }
    | MEMORY name term_block
        { $$ = build_adopt(p, NAMED(MEMORY_MODEL, @$, $2, @2, NULL), $3); }
    | MEMORY error junk_block
        { $$ = NULL; }
    | CONTAINER name container_block
        { $$ = build_adopt(p, NAMED(CONTAINER, @$, $2, @2, NULL), $3); }
    | CONTAINER error container_block
        { $$ = NULL; }
    | SITE name site_profile props_opt
        { $$ = build_adopt(p, NAMED(SITE, @$, $2, @2, $3), $4); }
    | SITE error props_opt
        { $$ = NULL; }
    | TASK name head_for where_opt needs_list task_block
        {
            $$ = build_adopt(p, NAMED(TASK, @$, $2, @2, NULL), $3);
            $$ = build_append(p, $$, $4);
            $$ = build_adopt(p, $$, $5);
            $$ = build_adopt(p, $$, $6);
        }
    | message
    | hook
    | gate
    | TASK error task_block
        { $$ = NULL; }
    | TASK error
        { $$ = NULL; }

message: ERROR string WHEN expr
        { $$ = NAMED(MESSAGE, @$, "error", @1, $2, NODE(WHEN, span_join(@3, @4), $4)); }
    | WARNING string WHEN expr
        { $$ = NAMED(MESSAGE, @$, "warning", @1, $2, NODE(WHEN, span_join(@3, @4), $4)); }

hook: WHEN name hook_of RUN string
        { $$ = build_append(p, NAMED(HOOK, @$, $2, @2, $5), $3); }
    | WHEN name '>' number hook_of RUN string
        { $$ = build_append(p, NAMED(HOOK, @$, $2, @2, $7, $4), $5); }
    | WHEN name '>' number '%' hook_of RUN string
        { $$ = build_append(p, NAMED(HOOK, @$, $2, @2, $8, $4), $6); $$->ival = 1; }
hook_of: %empty           { $$ = NULL; }
    | OF name             { $$ = NAMED(CLAUSE, @$, $2, @2, NULL); }

gate: GATE string AFTER number OF name
        { $$ = NAMED(GATE, @$, $6, @6, $2, $4); }

rows_word: TABLE | VISITS | SENSORS | CAMERA
site_profile: PROFILE string { $$ = NODE(PROFILE, @$, $2); }

source: expr
    | expr_name string from_args
        { $$ = build_adopt(p, NAMED(FROM, @$, $1, @1, $2), $3); }
    | DISTINCT name '(' name_list ')'
        { $$ = build_adopt(p, NAMED(DISTINCT, @$, $2, @2, NULL), $4); }
from_args: %empty         { $$ = LIST(@$); }
    | from_args name string
        { $$ = build_append(p, $1, NAMED(ARG, span_join(@2, @3), $2, @2, $3)); }
name_list: name           { $$ = build_append(p, LIST(@$), LEAF(NAME, @1, $1)); }
    | name_list ',' name  { $$ = build_append(p, $1, LEAF(NAME, @3, $3)); }
where_opt: %empty         { $$ = NULL; }
    | WHERE expr          { $$ = NODE(WHERE, @$, $2); }

/* --- properties of visits, tables, sensors, cameras and sites --- */

props_opt: %empty         { $$ = NULL; }
    | prop_block
prop_block: '{' props '}' { $$ = $2; }
props: prop_list
    | prop_list prop      { $$ = build_append(p, $1, $2); }
    | prop_list skipped
prop_list: %empty         { $$ = LIST(@$); }
    | prop_list prop end  { $$ = build_append(p, $1, $2); }
    | prop_list skipped end { yyerrok; $$ = $1; }
prop: prop_name values    { $$ = build_adopt(p, NAMED(PROP, @$, $1, @1, NULL), $2); }
    | prop_name '=' expr  { $$ = NAMED(COLUMN, @$, $1, @1, $3); }
    | PARAM name '=' expr { $$ = NAMED(PARAM, @$, $2, @2, $4); }
    | WHERE expr          { $$ = NODE(WHERE, @$, $2); }
values: %empty            { $$ = NULL; }
    | value_list
value_list: expr          { $$ = build_append(p, LIST(@$), $1); }
    | value_list ',' expr { $$ = build_append(p, $1, $3); }

/* --- memory --- */

term_block: '{' terms '}' { $$ = $2; }
terms: term_list
    | term_list term      { $$ = build_append(p, $1, $2); }
    | term_list skipped
term_list: %empty         { $$ = LIST(@$); }
    | term_list term end  { $$ = build_append(p, $1, $2); }
    | term_list skipped end { yyerrok; $$ = $1; }
term: name expr           { $$ = NAMED(TERM, @$, $1, @1, $2); }

/* --- containers --- */

container_block: '{' container_props '}' { $$ = $2; }
container_props: container_list
    | container_list container_prop      { $$ = build_append(p, $1, $2); }
    | container_list skipped
container_list: %empty                   { $$ = LIST(@$); }
    | container_list container_prop end  { $$ = build_append(p, $1, $2); }
    | container_list skipped end           { yyerrok; $$ = $1; }
container_prop: IMAGE expr { $$ = NAMED(PROP, @$, "image", @1, $2); }
    | BIND value_list     { $$ = build_adopt(p, NAMED(PROP, @$, "bind", @1, NULL), $2); }
    | env
env: ENV name '=' expr    { $$ = NAMED(ENV, @$, $2, @2, $4); }

/* --- tasks --- */

head_for: %empty          { $$ = NULL; }
    | FOR fors            { $$ = $2; }
fors: for                 { $$ = build_append(p, LIST(@$), $1); }
    | fors ',' for        { $$ = build_append(p, $1, $3); }
for: name IN source       { $$ = NAMED(FOR, @$, $1, @1, $3); }
needs_list: %empty        { $$ = NULL; }
    | needs_all
needs_all: NEEDS needs    { $$ = build_append(p, LIST(@$), $2); }
    | needs_all NEEDS needs { $$ = build_append(p, $1, $3); }
    | needs_all ',' needs { $$ = build_append(p, $1, $3); }
needs: name               { $$ = NAMED(NEEDS, @$, $1, @1, NULL); }
    | name WHERE expr     { $$ = NAMED(NEEDS, @$, $1, @1, NODE(WHERE, span_join(@2, @3), $3)); }
    | name VIA name
        { $$ = NAMED(NEEDS, @$, $1, @1, NAMED(VIA, span_join(@2, @3), $3, @3, NULL)); }

task_block: '{' task_props '}' { $$ = $2; }
task_props: task_prop_list
    | task_prop_list task_prop      { $$ = build_append(p, $1, $2); }
    | task_prop_list skipped
task_prop_list: %empty              { $$ = LIST(@$); }
    | task_prop_list task_prop end  { $$ = build_append(p, $1, $2); }
    | task_prop_list skipped end      { yyerrok; $$ = $1; }
task_prop: task_word value_list
        { $$ = build_adopt(p, NAMED(PROP, @$, $1, @1, NULL), $2); }
    | MEMORY value_list   { $$ = build_adopt(p, NAMED(PROP, @$, "memory", @1, NULL), $2); }
    | MEMORY term_block   { $$ = build_adopt(p, NAMED(PROP, @$, "memory", @1, NULL), $2); }
    | RUN run_value       { $$ = NODE(RUN, @$, $2); }
    | INPUT output_tail
        { $$ = build_adopt(p, NAMED(INPUT, @$, $2->text, $2->name_span, NULL), $2); }
    | INPUT output_tail WAIT
        {
            $$ = build_adopt(p, NAMED(INPUT, @$, $2->text, $2->name_span, NULL), $2);
            $$ = build_append(p, $$, NAMED(CHECK, @3, "wait", @3, NULL));
        }
    | OUTPUT output_tail
        { $$ = build_adopt(p, NAMED(OUTPUT, @$, $2->text, $2->name_span, NULL), $2); }
    | OUTPUT output_tail WAIT
        {
            $$ = build_adopt(p, NAMED(OUTPUT, @$, $2->text, $2->name_span, NULL), $2);
            $$ = build_append(p, $$, NAMED(CHECK, @3, "wait", @3, NULL));
        }
    | CHECKPOINT string   { $$ = NODE(CHECKPOINT, @$, $2); }
    | RETRY expr clauses
        { $$ = build_adopt(p, NAMED(PROP, @$, "retry", @1, $2), $3); }
    | ORDER BY value_list { $$ = build_adopt(p, NAMED(PROP, @$, "order", @1, NULL), $3); }
    | LEARN name          { $$ = NAMED(PROP, @$, "learn", @1, LEAF(NAME, @2, $2)); }
    | LEARN name BY value_list
        {
            struct ast *by = NAMED(CLAUSE, span_join(@3, @4), "by", @3, NULL);
            $$ = NAMED(PROP, @$, "learn", @1, LEAF(NAME, @2, $2), build_adopt(p, by, $4));
        }
    | SIGNAL name expr BEFORE words
        {
            struct ast *before = NAMED(CLAUSE, span_join(@4, @5), "before", @4, NULL);
            $$ = NAMED(PROP, @$, "signal", @1, LEAF(NAME, @2, $2), $3,
                build_adopt(p, before, $5));
        }
    | BUNDLE BY name_list
        {
            struct ast *by = NAMED(CLAUSE, span_join(@2, @3), "by", @2, NULL);
            $$ = NAMED(PROP, @$, "bundle", @1, build_adopt(p, by, $3));
        }
    | FEED string         { $$ = NAMED(PROP, @$, "feed", @1, $2); }
    | env
    | AFTER name name
        { $$ = NAMED(PROP, @$, "after", @1, LEAF(NAME, @2, $2), LEAF(NAME, @3, $3)); }
    | AFTER number name name
        { $$ = NAMED(PROP, @$, "after", @1, LEAF(NAME, @3, $3), LEAF(NAME, @4, $4), $2); }
    | message
task_word: CORES | GPUS | NODES | TIME | LIMIT | PLACE | AFFINITY | PRIORITY | CONTAINER | IMAGE | BIND
    | SHELL
    | SYNC
    | REMAINING
    | USES

run_value: string | list

/* A list whose text is the name. */
output_tail: string       { $$ = build_append(p, LEAF(LIST, @$, ""), $1); $$->name_span = NO_SPAN; }
    | name string         { $$ = build_append(p, LEAF(LIST, @1, $1), $2); }
    | string CHECK checks
        {
            $$ = build_append(p, LEAF(LIST, @$, ""), $1);
            $$->name_span = NO_SPAN;
            build_adopt(p, $$, $3);
        }
    | name string CHECK checks
        { $$ = build_adopt(p, build_append(p, LEAF(LIST, @1, $1), $2), $4); }
checks: check             { $$ = build_append(p, LIST(@$), $1); }
    | checks ',' check    { $$ = build_append(p, $1, $3); }
check: name               { $$ = NAMED(CHECK, @$, $1, @1, NULL); }
    | name '-' name
        {
            const char *text = diag_text(p->d, @$.file, NULL) + @$.start;
            $$ = NAMED(CHECK, @$, ast_text(p->tree, text, @$.end - @$.start), @$, NULL);
        }
    | name comparison expr
        { $$ = NAMED(CHECK, @$, $1, @1, NAMED(BINARY, @$, $2, @2, LEAF(NAME, @1, $1), $3)); }
    | name string         { $$ = NAMED(CHECK, @$, $1, @1, $2); }
comparison: EQ { $$ = "=="; } | NE { $$ = "!="; } | LE { $$ = "<="; } | GE { $$ = ">="; }
    | '<' { $$ = "<"; } | '>' { $$ = ">"; }

clauses: %empty           { $$ = LIST(@$); }
    | clauses ',' clause  { $$ = build_append(p, $1, $3); }
    | clauses ',' clause alternatives { $$ = build_adopt(p, build_append(p, $1, $3), $4); }
    | clauses unless      { $$ = build_append(p, $1, $2); }
clause: number            { $$ = NODE(CLAUSE, @$, $1); }
    | unless
    | clause_name items
        { $$ = build_adopt(p, NAMED(CLAUSE, @$, $1, @1, NULL), $2); }
    | clause_name items WHEN words
        {
            struct ast *when = NAMED(CLAUSE, span_join(@3, @4), "when", @3, NULL);
            $$ = build_adopt(p, NAMED(CLAUSE, @$, $1, @1, NULL), $2);
            $$ = build_append(p, $$, build_adopt(p, when, $4));
        }
alternatives: alternative { $$ = build_append(p, LIST(@$), $1); }
    | alternatives alternative { $$ = build_append(p, $1, $2); }
alternative: OR items
        { $$ = build_adopt(p, NAMED(CLAUSE, @$, "or", @1, NULL), $2); }
unless: UNLESS items
        { $$ = build_adopt(p, NAMED(CLAUSE, @$, "unless", @1, NULL), $2); }
items: %empty             { $$ = LIST(@$); }
    | items item          { $$ = build_append(p, $1, $2); }
item: clause_name         { $$ = LEAF(NAME, @1, $1); }
    | quantity | string | list
words: clause_name        { $$ = build_append(p, LIST(@$), LEAF(NAME, @1, $1)); }
    | words clause_name   { $$ = build_append(p, $1, LEAF(NAME, @2, $2)); }

/* --- expressions --- */

expr: primary
    | quantity
    | string
    | list
    | TRUE                { $$ = LEAF(BOOL, @$, NULL); $$->ival = 1; }
    | FALSE               { $$ = LEAF(BOOL, @$, NULL); $$->ival = 0; }
    | '-' expr %prec NEGATE { $$ = NAMED(UNARY, @$, "-", @1, $2); }
    | NOT expr            { $$ = NAMED(UNARY, @$, "not", @1, $2); }
    | expr '+' expr       { $$ = NAMED(BINARY, @$, "+", @2, $1, $3); }
    | expr '-' expr       { $$ = NAMED(BINARY, @$, "-", @2, $1, $3); }
    | expr MINUS expr     { $$ = NAMED(BINARY, @$, "minus", @2, $1, $3); }
    | expr '*' expr       { $$ = NAMED(BINARY, @$, "*", @2, $1, $3); }
    | expr '/' expr       { $$ = NAMED(BINARY, @$, "/", @2, $1, $3); }
    | expr DIV expr       { $$ = NAMED(BINARY, @$, "div", @2, $1, $3); }
    | expr MOD expr       { $$ = NAMED(BINARY, @$, "mod", @2, $1, $3); }
    | expr EQ expr        { $$ = NAMED(BINARY, @$, "==", @2, $1, $3); }
    | expr NE expr        { $$ = NAMED(BINARY, @$, "!=", @2, $1, $3); }
    | expr LE expr        { $$ = NAMED(BINARY, @$, "<=", @2, $1, $3); }
    | expr GE expr        { $$ = NAMED(BINARY, @$, ">=", @2, $1, $3); }
    | expr '<' expr       { $$ = NAMED(BINARY, @$, "<", @2, $1, $3); }
    | expr '>' expr       { $$ = NAMED(BINARY, @$, ">", @2, $1, $3); }
    | expr IN expr        { $$ = NAMED(BINARY, @$, "in", @2, $1, $3); }
    | expr AND expr       { $$ = NAMED(BINARY, @$, "and", @2, $1, $3); }
    | expr OR expr        { $$ = NAMED(BINARY, @$, "or", @2, $1, $3); }
    | expr RANGE expr     { $$ = NODE(RANGE, @$, $1, $3); }
    | expr RANGE expr STEP expr { $$ = NODE(RANGE, @$, $1, $3, $5); }
    | IF expr THEN expr ELSE expr { $$ = NODE(IF, @$, $2, $4, $6); }

primary: expr_name        { $$ = LEAF(NAME, @$, $1); }
    | primary '.' name    { $$ = NAMED(FIELD, @$, $3, @3, $1); }
    | primary '[' expr ']' { $$ = NODE(INDEX, @$, $1, $3); }
    | primary '[' expr ',' exprs ']'
        {
            struct ast *list = build_append(p, LIST(span_join(@3, @5)), $3);
            $$ = NODE(INDEX, @$, $1, build_adopt(p, list, $5));
        }
    | primary '(' args ')' { $$ = build_adopt(p, NODE(CALL, @$, $1), $3); }
    | '(' expr ')'        { $$ = $2; }
    | '(' expr WHERE expr ')' { $$ = NODE(SELECT, @$, $2, $4); }
    | '(' expr ',' exprs ')'
        { $$ = build_adopt(p, NODE(LIST, @$, $2), $4); }

quantity: number %prec LOWEST
    | number IDENT        { $$ = NAMED(QUANTITY, @$, $2, @2, $1); }
number: INT               { $$ = build_int(p, @$, $1); }
    | REAL                { $$ = build_real(p, @$, $1); }

list: '[' ']'             { $$ = LIST(@$); }
    | '[' exprs ']'       { $$ = build_adopt(p, LIST(@$), $2); }
    | '[' exprs ',' ']'   { $$ = build_adopt(p, LIST(@$), $2); }
exprs: expr               { $$ = build_append(p, LIST(@$), $1); }
    | exprs ',' expr      { $$ = build_append(p, $1, $3); }

args: %empty              { $$ = NULL; }
    | arg_list
arg_list: arg             { $$ = build_append(p, LIST(@$), $1); }
    | arg_list ',' arg    { $$ = build_append(p, $1, $3); }
arg: expr
    | LABEL expr          { $$ = NAMED(ARG, @$, $1, @1, $2); }

string: STRING_BEGIN parts STRING_END
        { $$ = build_adopt(p, LEAF(STRING, @$, NULL), $2); }
    | BLOCK_BEGIN parts BLOCK_END
        { $$ = build_adopt(p, LEAF(STRING, @$, NULL), $2); build_dedent(p, $$); $$->ival = 1; }
    | RAW
        { $$ = $1[0] ? NODE(STRING, @$, LEAF(TEXT, @1, $1)) : LEAF(STRING, @$, NULL); }
parts: %empty             { $$ = LIST(@$); }
    | parts TEXT          { $$ = build_append(p, $1, LEAF(TEXT, @2, $2)); }
    | parts insertion     { $$ = build_append(p, $1, $2); }
insertion: INSERT_BEGIN expr INSERT_END { $$ = NODE(INSERT, @$, $2); }
    | INSERT_BEGIN expr FORMAT INSERT_END { $$ = NAMED(INSERT, @$, $3, @3, $2); }
    | INSERT_BEGIN error INSERT_END { $$ = NODE(INSERT, @$, LEAF(LOST, @$, NULL)); }

/* --- names: an identifier, or a word that is not reserved --- */

plain_word: soft_word | UNLESS
soft_word: CAMPAIGN | USE | USES | LET | SET | TABLE | VISITS | REGION | SENSORS | CAMERA | MEMORY
    | CONTAINER | TASK | SITE | SHELL | SYNC | UMASK | GATE | CORES | GPUS | NODES | TIME | LIMIT | RUN | INPUT | OUTPUT
    | CHECKPOINT | REMAINING | RETRY | ENV | BUNDLE | FEED | PLACE | AFFINITY | PRIORITY | ORDER | LEARN | SIGNAL | AFTER | STOP | BIND
    | IMAGE | FROM | PROFILE | CHECK | BY | BEFORE | MINUS | STEP | WAIT | OF | ERROR | WARNING
clause_name: IDENT | soft_word | PARAM | DISTINCT
prop_name: IDENT | plain_word | DISTINCT | WHEN
expr_name: IDENT | plain_word | PARAM | WHEN
name: IDENT | plain_word | PARAM | DISTINCT | WHEN

/* --- what is skipped after an error --- */

skipped: error | error junk_block rest
junk_block: '{' junk '}'
junk: %empty | junk rest_token | junk NEWLINE | junk ';' | junk junk_block
rest: %empty | rest rest_token
rest_token: name | ':' | ',' | '.' | '(' | ')' | '[' | ']' | '+' | '-' | '*' | '/'
    | '<' | '>' | '=' | '%' | RANGE | EQ | NE | LE | GE | AND | OR | NOT | IN | IF | THEN | ELSE | DIV
    | MOD | TRUE | FALSE | FOR | WHERE | NEEDS | VIA | INT | REAL | LABEL | RAW | TEXT | FORMAT
    | STRING_BEGIN | STRING_END | BLOCK_BEGIN | BLOCK_END | INSERT_BEGIN | INSERT_END

%%

static int
yyreport_syntax_error(const yypcontext_t *context, struct parse *p)
{
    yysymbol_kind_t symbol[YYNTOKENS];
    const char *expected[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, symbol, YYNTOKENS);
    for (int i = 0; i < n; i++)
        expected[i] = yysymbol_name(symbol[i]);
    report_unexpected(p, expected, n > 0 ? (size_t)n : 0);
    return 0;
}
