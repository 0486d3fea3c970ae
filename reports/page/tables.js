"use strict";
// Tables sorted and filtered where they are read; without this script they are whole and as they were.
(() => {
  const NUMBER = /^[-+−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?=$|[\s,;%±[(])/i;
  const FAILED = /\b(?:failed|diverged|crashed|unfinished|missing|damaged|BROKEN|DIFFERENT|UNDECLARED)\b/;
  const RATE = /(?:^|\s)[1-9]\d* of \d+ \[/; // of runs that failed in one way
  const ABSENT = "–";

  const make = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const textOf = (row, column) => row.cells[column].textContent.trim();
  const wholeOf = (row) => [...row.cells].map((cell) => cell.textContent).join(" ");

  // A cell counts by the number it begins with: "3.02 [2.62, 3.59]" by 3.02, "1 ± 0.05" by 1.
  const numberIn = (text) => {
    const found = NUMBER.exec(text);
    return found ? Number(found[0].replace("−", "-")) : null;
  };
  const isNumeric = (texts) => {
    const present = texts.filter((text) => text !== ABSENT);
    const numbers = present.filter((text) => numberIn(text) !== null);
    return numbers.length > 0 && 2 * numbers.length >= present.length;
  };

  // What is no number (failed, never, a dash) stands last in either direction.
  const ordered = (rows, column, sign) => {
    const texts = new Map(rows.map((row) => [row, textOf(row, column)]));
    if (!isNumeric([...texts.values()])) {
      const compare = new Intl.Collator(undefined, { numeric: true }).compare;
      return [...rows].sort((a, b) => sign * compare(texts.get(a), texts.get(b)));
    }
    const keys = new Map(rows.map((row) => [row, numberIn(texts.get(row))]));
    const last = (row) => Number(keys.get(row) === null);
    return [...rows].sort(
      (a, b) => last(a) - last(b) || (last(a) ? 0 : sign * (keys.get(a) - keys.get(b))),
    );
  };

  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const SIGN = { ascending: 1, descending: -1 };
  const sortable = (table, rows) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const way = NEXT[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", way);
        table.tBodies[0].append(...(way === "none" ? rows : ordered(rows, column, SIGN[way])));
      });
    });
  };

  const counted = (rows) => {
    const gone = rows.filter((row) => row.hidden);
    const failed = gone.map(wholeOf).filter((text) => FAILED.test(text) || RATE.test(text)).length;
    const lost = failed ? `; ${failed} of those hidden ${failed === 1 ? "tells" : "tell"} of failures` : "";
    return `${rows.length - gone.length} of ${rows.length} shown${lost}`;
  };
  const filterable = (rows, name) => {
    const input = make("input", { type: "search", ariaLabel: `Filter the rows of: ${name}` });
    const count = make("span", { className: "count", role: "status" }, counted(rows));
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/);
      for (const row of rows) {
        const text = wholeOf(row).toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
      count.textContent = counted(rows);
    });
    return make("div", { className: "tools" }, make("label", {}, "Filter ", input), count);
  };

  const hinted = (box, name) => {
    const hint = make("p", { className: "hint", hidden: true }, "More columns: scroll sideways \u2192");
    box.before(hint);
    const look = () => {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      hint.hidden = !scrolls;
      if (!scrolls) return ["tabindex", "role", "aria-label"].forEach((key) => box.removeAttribute(key));
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", name);
    };
    const watch = new ResizeObserver(look);
    [box, box.firstElementChild].forEach((node) => watch.observe(node));
  };

  let title = "";
  for (const node of document.querySelectorAll("h2, h3, div.scroll")) {
    if (!node.matches("div.scroll")) {
      title = node.textContent.trim();
      continue;
    }
    const table = node.querySelector("table");
    if (table.tHead) {
      const rows = [...table.tBodies[0].rows];
      sortable(table, rows);
      node.before(filterable(rows, title));
    }
    hinted(node, title);
  }
})();
