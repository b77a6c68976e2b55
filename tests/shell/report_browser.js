// What a browser makes of a report: report.js PAGE STATUS.json FOLDER. Prints TAP; pictures of the page go
// into FOLDER. Nothing but the page may be asked for, and nothing may be complained of.
"use strict";

const { chromium } = require("playwright-core");
const fs = require("fs");
const path = require("path");

const [page_file, status_file, folder] = process.argv.slice(2);
const status = JSON.parse(fs.readFileSync(status_file, "utf8"));
const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const PATIENCE = 300000; // ms: the machine may be busy

let number = 0, failed = 0;
function verdict(what, wrong) {
  number += 1;
  for (const line of wrong) console.log("# " + line);
  console.log((wrong.length ? "not ok " : "ok ") + number + " - " + what);
  failed += wrong.length ? 1 : 0;
}

// In the page: words of charts that lie over others, or are cut; what is wider than the page.
function ugly() {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    wrong.push("the page is " + root.scrollWidth + " wide, of " + root.clientWidth);
  for (const chart of document.querySelectorAll("svg.chart")) {
    const name = chart.querySelector("title").textContent, box = chart.getBoundingClientRect();
    const words = Array.from(chart.querySelectorAll("text")).map(
      text => ({ text: text.textContent, box: text.getBoundingClientRect() }));
    if (!chart.querySelector("path, rect, circle")) wrong.push(name + ": is empty");
    words.forEach((a, i) => {
      if (a.box.left < box.left - 2 || a.box.right > box.right + 2)
        wrong.push(name + ": '" + a.text + "' is cut");
      for (const b of words.slice(i + 1))
        if (a.box.left < b.box.right - 1 && b.box.left < a.box.right - 1 &&
            a.box.top < b.box.bottom - 3 && b.box.top < a.box.bottom - 3)
          wrong.push(name + ": '" + a.text + "' and '" + b.text + "' lie over each other");
    });
  }
  return wrong;
}

// In the page: what each row of a table has, by the names of its columns.
function rows_of(id) {
  const table = document.getElementById(id);
  const names = Array.from(table.tHead.rows[0].cells).map(cell => cell.textContent.trim());
  const read = row => Object.fromEntries(Array.from(row.cells).map((cell, i) => [names[i],
    cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v)]));
  return { body: Array.from(table.tBodies[0].rows).map(read),
    foot: table.tFoot ? read(table.tFoot.rows[0]) : null };
}

function differences(name, wanted, got, keys) {
  return keys.filter(key => wanted[key] !== got[key]).map(
    key => name + ": " + key + " is " + got[key] + ", status says " + wanted[key]);
}

async function figures(page) {
  const states = await page.evaluate(rows_of, "t-states");
  const keys = Object.keys(status.tasks);
  const wrong = differences("all", status.tasks, states.foot, keys);
  status.families.forEach((family, i) => {
    wrong.push(...differences(family.name, family, states.body[i], keys));
  });
  const failures = status.failed.length, shown = await page.locator("#failed").getAttribute("data-v");
  if (Number(shown) !== failures) wrong.push(shown + " tasks failed, status names " + failures);
  return wrong;
}

// Without a pointer: from the head of the page into it, and a column sorted.
async function keyboard(page) {
  const wrong = [];
  await page.keyboard.press("Tab");
  if (await page.evaluate(() => document.activeElement.className) !== "skip")
    wrong.push("the first stop of the keyboard is not the link to the report");
  const button = page.locator("#t-states thead button").nth(1);
  await button.focus();
  await page.keyboard.press("Enter");
  const down = (await page.evaluate(rows_of, "t-states")).body.map(row => row.total);
  await page.keyboard.press("Enter");
  const up = (await page.evaluate(rows_of, "t-states")).body.map(row => row.total);
  const sorted = Array.from(up).sort((a, b) => a - b);
  if (up.join() !== sorted.join() || down.join() !== sorted.reverse().join())
    wrong.push("sorted by total: " + down.join() + " and " + up.join());
  const open = page.locator("#progress summary").first();
  await open.focus();
  await page.keyboard.press("Enter");
  if (!await page.locator("#t-progress").isVisible()) wrong.push("the table of a chart is not shown");
  return wrong;
}

// In the page: which parts are seen, which tab is chosen, and whether its part says so.
function tabs_now() {
  const chosen = Array.from(document.querySelectorAll("[role=tab][aria-selected=true]"));
  const reached = Array.from(document.querySelectorAll("[role=tab]")).filter(tab => tab.tabIndex === 0);
  return { chosen: chosen.map(tab => tab.textContent).join(), focus: document.activeElement.textContent,
    reached: reached.map(tab => tab.textContent).join(),
    panels: Array.from(document.querySelectorAll("[role=tabpanel]")).map(part => part.id).join(),
    seen: Array.from(document.querySelectorAll("main > section")).filter(part => part.offsetHeight).map(part => part.id) };
}

// Tabs by keyboard and by link; on paper all of it is there.
async function tabs(page, url) {
  const wrong = [];
  const all = (await page.evaluate(tabs_now)).seen;
  const expect = async (what, name, seen) => {
    const now = await page.evaluate(tabs_now);
    if (now.chosen !== name || now.reached !== name) wrong.push(what + ": chosen is " + now.chosen + ", reached " + now.reached);
    if (now.seen.join() !== seen.join()) wrong.push(what + ": seen are " + now.seen);
    if (seen.length === 1 && now.panels !== seen[0]) wrong.push(what + ": panels are " + now.panels);
  };
  await expect("at first", "All", all);
  await page.locator("[role=tab]").first().focus();
  await page.keyboard.press("ArrowRight");
  await expect("to the right", "States", ["states"]);
  if ((await page.evaluate(tabs_now)).focus !== "States") wrong.push("the focus is not on the tab");
  await page.emulateMedia({ media: "print" });
  if ((await page.evaluate(tabs_now)).seen.join() !== all.join()) wrong.push("on paper parts are missing");
  await page.emulateMedia({ media: "screen" });
  await page.locator("[role=tab][aria-selected=true]").focus(); // there are no tabs on paper
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect("to the left, around", "Sky", ["sky"]);
  await page.keyboard.press("Home");
  await expect("home", "All", all);
  await page.keyboard.press("End");
  await expect("end", "Sky", ["sky"]);
  await page.locator("nav a[href='#failures']").click();
  await expect("by a click", "Failures", ["failures"]);
  await page.goto("about:blank");
  await page.goto(url + "#critical");
  await expect("by its address", "Critical path", ["critical"]);
  return wrong;
}

// In the page: what a screen reader lives on.
function reading() {
  const wrong = [];
  const levels = Array.from(document.querySelectorAll("h1, h2, h3")).map(h => Number(h.tagName[1]));
  if (levels.filter(level => level === 1).length !== 1) wrong.push("not one h1");
  levels.forEach((level, i) => {
    if (i && level > levels[i - 1] + 1) wrong.push("a heading of level " + level + " after " + levels[i - 1]);
  });
  for (const chart of document.querySelectorAll("svg.chart")) {
    const ids = (chart.getAttribute("aria-labelledby") || "").split(" ");
    if (chart.getAttribute("role") !== "img" || ids.some(id => !document.getElementById(id) ||
        !document.getElementById(id).textContent))
      wrong.push("a chart has no title and description: " + chart.textContent.slice(0, 40));
  }
  const seen = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (seen.has(e.id)) wrong.push("two elements have the id " + e.id);
    seen.add(e.id);
  }
  for (const a of document.querySelectorAll("a[href^='#']"))
    if (!document.getElementById(a.getAttribute("href").slice(1))) wrong.push("no " + a.getAttribute("href"));
  for (const tab of document.querySelectorAll("nav a")) {
    const of = tab.getAttribute("aria-controls").split(" ");
    if (tab.getAttribute("role") !== "tab" || !tab.closest("[role=tablist]") || of.some(id => !document.getElementById(id)))
      wrong.push("no tab: " + tab.textContent);
  }
  for (const part of document.querySelectorAll("main > section"))
    if (!document.getElementById(part.getAttribute("aria-labelledby"))) wrong.push("no name of part " + part.id);
  for (const table of document.querySelectorAll("table"))
    if (!table.caption || !table.caption.textContent) wrong.push("a table without a caption");
  return wrong;
}

async function main() {
  const browser = await chromium.launch({ executablePath, args, timeout: PATIENCE });
  const url = "file://" + path.resolve(page_file), complaints = [];
  for (const colorScheme of ["light", "dark"])
    for (const width of [400, 1280, 3840]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 1000 } });
      page.setDefaultTimeout(PATIENCE);
      page.on("console", m => complaints.push(m.type() + ": " + m.text()));
      page.on("pageerror", e => complaints.push(String(e)));
      page.on("request", r => r.url().split("#")[0] === url || r.url() === "about:blank" || complaints.push("asks for " + r.url()));
      await page.goto(url);
      verdict(width + " pixels, " + colorScheme + ": nothing is cut or lies over other things",
        await page.evaluate(ugly));
      await page.screenshot({ path: path.join(folder, width + "-" + colorScheme + ".png"), fullPage: true });
      if (width === 1280 && colorScheme === "light") {
        verdict("the figures are those of wflc status", await figures(page));
        verdict("by keyboard", await keyboard(page));
        verdict("for a screen reader", await page.evaluate(reading));
        verdict("tabs", await tabs(page, url));
      }
      await page.close();
    }
  const still = await browser.newPage({ javaScriptEnabled: false });
  still.setDefaultTimeout(PATIENCE);
  await still.goto(url);
  const rows = await still.locator("#t-states tbody tr").count(), parts = still.locator("main > section");
  const hidden = [];
  for (let i = 0; i < await parts.count(); i += 1) if (!await parts.nth(i).isVisible()) hidden.push("part " + i + " is hidden");
  verdict("without script", rows === status.families.length ? hidden : ["the table of states is not whole"]);
  await browser.close();
  verdict("no complaint, and nothing but the page is asked for", complaints);
  console.log("1.." + number);
  process.exit(failed ? 1 : 0);
}

main().catch(e => {
  console.log("Bail out! " + String(e).split("\n")[0]);
  process.exit(99);
});
