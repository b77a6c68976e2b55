# Turns manual pages into src/cli/manual.c: their paragraphs, for `wflc explain`.
#
# It reads as much of mdoc(7) as the page uses, and stops at what it does not know. A block is a
# paragraph, the head of a list's item, or a line that is printed as it stands. An entry is a run of
# blocks that words lead to: an item with all below it, a paragraph, or (units) a whole section.
# How a word leads there: 3 the item is about it, 2 it is defined there, 1 it is mentioned.

BEGIN {
    width = 78
    nblocks = nentries = nkeys = nsections = depth = literal = 0
    name = ""
    plain = " Ic Cm Ar Li Pa Ev Dv Er Em Sy Va Vt Fa Sx No Tn An Ad "
    opening["Pq"] = "("; closing["Pq"] = ")"
    opening["Qq"] = opening["Dq"] = "\""; closing["Qq"] = closing["Dq"] = "\""
    opening["Sq"] = "'"; closing["Sq"] = "'"
    opening["Op"] = "["; closing["Op"] = "]"
    opening["Brq"] = "{"; closing["Brq"] = "}"
    opening["Aq"] = "<"; closing["Aq"] = ">"
    opening["Oo"] = "["; closing["Oc"] = "]"
    opening["Po"] = "("; closing["Pc"] = ")"
    opening["Bro"] = "{"; closing["Brc"] = "}"
    opening["So"] = "'"; closing["Sc"] = "'"
    opening["Qo"] = "\""; closing["Qc"] = "\""
    special["&"] = ""; special["e"] = "\\"; special["-"] = "-"; special[" "] = " "
    special["."] = "."; special["'"] = "'"
    special["(dq"] = "\""; special["(aq"] = "'"; special["(rs"] = "\\"; special["(en"] = "-"; special["(+-"] = "+-"
    special["(em"] = "--"; special["(ha"] = "^"; special["(ti"] = "~"; special["(mu"] = "x"
    special["(bu"] = "*"; special["(->"] = "->"; special["(<="] = "<="; special["(>="] = ">="
    special["(ga"] = "`"
}

function fail(what) {
    printf "%s:%d: manual.awk does not know %s\n", FILENAME, FNR, what | "cat 1>&2"
    failed = 1
    exit 1
}

function unescape(s,    out, i, c) {
    while ((i = index(s, "\\")) > 0) {
        out = out substr(s, 1, i - 1)
        c = substr(s, i + 1, 1)
        if (c == "(")
            c = substr(s, i + 1, 3)
        if (!(c in special))
            fail("the escape \\" c)
        out = out special[c]
        s = substr(s, i + 1 + length(c))
    }
    return out s
}

# --- one line of macros ---

# Splits at blanks that are not quoted: token[1..ntokens], quoted[i].
function split_line(s,    c) {
    ntokens = 0
    for (;;) {
        sub(/^ +/, "", s)
        if (s == "")
            return
        ntokens++
        quoted[ntokens] = substr(s, 1, 1) == "\""
        if (quoted[ntokens]) {
            s = substr(s, 2)
            c = index(s, "\"")
            if (!c)
                c = length(s) + 1
            token[ntokens] = substr(s, 1, c - 1)
            s = substr(s, c + 1)
        } else {
            match(s, /^([^\\ ]|\\.)+/)
            token[ntokens] = substr(s, 1, RLENGTH)
            s = substr(s, RLENGTH + 1)
        }
    }
}

function is_macro(i,    t) {
    t = token[i]
    return !quoted[i] && (index(plain, " " t " ") || t in opening || t in closing || \
        t ~ /^(Ql|Fl|Fn|Xr|Nm|Ns|Ta|Pf|Ap|Xo|Xc)$/)
}

function is_closing(t) { return t ~ /^[.,:;)?!]$/ || t == "]" }
function is_opening(t) { return t == "(" || t == "[" }

function put(s) {
    text = text (glue || text == "" ? "" : " ") s
    glue = 0
}

# Ends what a macro wraps around its words.
function end_word() {
    if (word_end != "")
        text = text word_end
    word_end = ""
}

function lead(w, level) {
    if (w !~ /^[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/ || length(w) == 1 && level < 2)
        return
    word[++nwords] = w
    word_level[nwords] = level
}

# A word of the macro m; fn counts those of a function.
function put_word(m, i,    s) {
    s = unescape(token[i])
    if (m == "Ql") {
        if (word_end == "") {
            put("'" s)
            word_end = "'"
        } else
            text = text " " s
    } else if (m == "Fn") {
        fn++
        if (fn == 1) {
            put(s "(")
            word_end = ")"
            lead(s, i < ntokens && !is_macro(i + 1) && !is_closing(token[i + 1]) ? 2 : 1)
        } else {
            text = text (fn > 2 ? ", " : "") s
            if (s ~ /^[a-z_]+ /) # an argument that has a name
                lead(substr(s, 1, index(s, " ") - 1), 2)
        }
    } else if (m == "Xr") {
        if (word_end == "") {
            put(s)
            word_end = " "
        } else {
            text = text "(" s ")"
            word_end = ""
        }
    } else if (m == "Fl")
        put("-" s)
    else if (m == "Pf") {
        put(s)
        glue = 1
    } else {
        put(s)
        if (m == "Ic" || m == "Cm" || m == "Li")
            lead(s, m == "Li" ? 0 : 1)
        else if (m == "Va") { # a key of a profile, by its whole name and its last one
            gsub(/\[\]/, "", s)
            lead(s, 0)
            if (s ~ /\./) {
                sub(/.*\./, "", s)
                lead(s, 0)
            }
        }
    }
}

# Appends tokens first.. to `text`; collects the words that lead here.
function put_line(first,    i, m, tail, stack, t) {
    m = "No"
    stack = ""
    word_end = ""
    fn = 0
    for (tail = ntokens; tail >= first && !quoted[tail] && is_closing(token[tail]); tail--)
        ;
    for (i = first; i <= ntokens; i++) {
        t = token[i]
        if (i > tail && stack != "") {
            end_word()
            text = text stack
            stack = ""
        }
        if (is_macro(i)) {
            end_word()
            fn = 0
            m = "No"
            if (t == "Ns")
                glue = 1
            else if (t == "Ap") {
                text = text "'"
                glue = 1
            } else if (t == "Ta")
                put(" ")
            else if (t == "Nm") {
                if (i < ntokens && !is_macro(i + 1) && !is_closing(token[i + 1]))
                    put(unescape(token[++i]))
                else
                    put(name)
            } else if (t == "Xo" || t == "Xc")
                ;
            else if (t in opening) {
                put(opening[t])
                glue = 1
                if (t in closing)
                    stack = closing[t] stack
            } else if (t in closing) {
                text = text closing[t]
                glue = 0
            } else
                m = t
        } else if (!quoted[i] && is_closing(t)) {
            end_word()
            text = text t
            glue = 0
            fn = 0
        } else if (!quoted[i] && is_opening(t)) {
            end_word()
            put(t)
            glue = 1
        } else
            put_word(m, i)
    }
    end_word()
    text = text stack
}

# --- blocks and entries ---

function block(kind, d) {
    nblocks++
    block_kind[nblocks] = kind
    block_depth[nblocks] = d
    block_text[nblocks] = ""
    block_section[nblocks] = nsections
    return nblocks
}

# The open paragraph, if text was put into it.
function end_paragraph(    i, e) {
    if (text != "") {
        block_text[block("P", depth)] = text
        if (depth == 0 && nwords) {
            e = entry(nblocks)
            entry_last[e] = nblocks
            for (i = 1; i <= nwords; i++)
                if (word_level[i])
                    key(word[i], word_level[i], e)
        }
    }
    text = ""
    nwords = glue = 0
}

function entry(first) {
    nentries++
    entry_first[nentries] = first
    entry_depth[nentries] = block_depth[first]
    entry_section[nentries] = nsections
    entry_page[nentries] = npages
    return nentries
}

function key(w, level, e,    i) {
    for (i = 1; i <= nkeys; i++)
        if (key_word[i] == w && key_entry[i] == e)
            return
    nkeys++
    key_word[nkeys] = w
    key_level[nkeys] = level
    key_entry[nkeys] = e
}

function end_item() {
    end_paragraph()
    if (item[depth])
        entry_last[item[depth]] = nblocks
    item[depth] = 0
}

function end_section() {
    end_paragraph()
    if (nsections)
        section_last[nsections] = nblocks
}

function begin_item(    i, e, checks, best) {
    end_item()
    put_line(2)
    if (is_column[depth]) {
        e = block("R", depth)
        block_text[e] = text
        if (section[nsections] ~ /[Vv]alues|[Uu]nits|Quantit/) {
            sub(/^[^ ]+ +/, "", text)
            gsub(/,/, " ", text)
            e = split(text, unit, / +/)
            for (i = 1; i <= e; i++)
                unit_section[unit[i]] = nsections
            text = ""
            nwords = glue = 0
            return
        }
    } else {
        block_text[block("H", depth)] = text
    }
    item[depth] = entry(nblocks)
    checks = section[nsections] ~ /[Cc]hecks/
    best = 3
    for (i = 1; i <= nwords; i++) {
        key(word[i], best, item[depth])
        if (!checks)
            best = 2
    }
    text = ""
    nwords = glue = 0
}

FNR == 1 {
    end_section()
    nsections++ # what stands before the first one
    section_first[nsections] = nblocks + 1
    npages++
    name = ""
}
/^\.Dt / {
    page[npages] = tolower($2) "(" $3 ")"
    next
}
literal && $0 !~ /^\.Ed/ {
    block_text[block("L", depth)] = unescape($0)
    next
}
/^\.\\"/ { next }
/^\.(Dd|Os|Nd|Bk|Ek|Sm)( |$)/ { next }
/^\.(Sh|Ss) / {
    end_section()
    section[++nsections] = unescape(substr($0, 5))
    section_first[nsections] = nblocks + 1
    next
}
/^\.Pp/ { end_paragraph(); next }
/^\.Bl / {
    end_paragraph()
    depth++
    is_column[depth] = $2 == "-column"
    item[depth] = 0
    next
}
/^\.El/ { end_item(); depth--; next }
/^\.Bd / { end_paragraph(); literal = 1; next }
/^\.Ed/ { literal = 0; next }
/^\./ {
    split_line(substr($0, 2))
    if (token[1] == "It")
        begin_item()
    else if (token[1] == "Dl" || token[1] == "D1") {
        end_paragraph()
        put_line(2)
        block_text[block("L", depth)] = text
        text = ""
        nwords = glue = 0
    } else if (token[1] == "Nm" && name == "") {
        name = token[2]
    } else if (!is_macro(1))
        fail("the macro ." token[1])
    else {
        # an enumeration of many words explains none of them
        mentioned = nwords
        put_line(1)
        if (nwords - mentioned > 6)
            nwords = mentioned
    }
    next
}
{ put(unescape($0)) }

# --- writing ---

function quote(s,    out, i, c) {
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        out = out (c == "\\" || c == "\"" ? "\\" : "") c
    }
    return "\"" out "\""
}

function spaces(n) { return sprintf("%" (n > 0 ? n : 0) "s", "") }

# Prints a block as lines of C strings, filled.
function print_block(b, base,    indent, line, i, n, w) {
    indent = 4 * (block_depth[b] - base - (block_kind[b] ~ /[HR]/ ? 1 : 0))
    if (indent < 0)
        indent = 0
    if (block_kind[b] ~ /[LR]/) {
        printf "        %s \"\\n\"\n", quote(spaces(indent + 4) block_text[b])
        return
    }
    n = split(block_text[b], w, / +/)
    line = spaces(indent) w[1]
    for (i = 2; i <= n; i++) {
        if (length(line) + 1 + length(w[i]) > width) {
            printf "        %s \"\\n\"\n", quote(line)
            line = spaces(indent + (block_kind[b] == "H" ? 4 : 0)) w[i]
        } else
            line = line " " w[i]
    }
    printf "        %s \"\\n\"\n", quote(line)
}

function print_entry(e,    b, base, before) {
    base = entry_depth[e]
    if (block_kind[entry_first[e]] ~ /[HR]/)
        base = base - 1
    printf "    {%s, %s,\n", quote(page[entry_page[e]]), quote(section[entry_section[e]])
    for (b = entry_first[e]; b <= entry_last[e]; b++) {
        before = b > entry_first[e] ? block_kind[b - 1] : "H"
        if (before == "P" && block_kind[b] == "P" || block_kind[b] == "L" && before == "P" || \
            before ~ /[LR]/ && block_kind[b] == "P")
            print "        \"\\n\""
        print_block(b, base)
    }
    print "    },"
}

END {
    if (failed)
        exit 1
    end_section()
    for (i = 1; i <= nsections; i++) {
        e = 0
        for (u in unit_section) {
            if (unit_section[u] != i)
                continue
            if (!e) {
                e = entry(section_first[i])
                entry_section[e] = i
                entry_page[e] = 1
                entry_depth[e] = 0
                entry_last[e] = section_last[i]
            }
            key(u, 2, e)
        }
    }
    # by word (the order of `for in` is any), then by what they lead to
    for (i = 1; i <= nkeys; i++) {
        for (k = i; k > 1 && (key_word[k - 1] > key_word[k] || key_word[k - 1] == key_word[k] && \
            (key_level[k - 1] < key_level[k] || key_level[k - 1] == key_level[k] && \
            key_entry[k - 1] > key_entry[k])); k--) {
            w = key_word[k]; key_word[k] = key_word[k - 1]; key_word[k - 1] = w
            w = key_level[k]; key_level[k] = key_level[k - 1]; key_level[k - 1] = w
            w = key_entry[k]; key_entry[k] = key_entry[k - 1]; key_entry[k - 1] = w
        }
    }
    print "/* Made from manual pages by manual.awk. */"
    print "#include \"config.h\"\n"
    print "#include \"cli/manual.h\"\n"
    print "const struct manual_entry manual_entry[] = {"
    for (i = 1; i <= nentries; i++)
        print_entry(i)
    print "};\n"
    print "const struct manual_key manual_key[] = {"
    for (i = 1; i <= nkeys; i++)
        printf "    {%s, %d, %d},\n", quote(key_word[i]), key_level[i], key_entry[i] - 1
    print "};\n"
    print "const size_t manual_nkeys = sizeof manual_key / sizeof *manual_key;"
}
