/**
 * The table's script in a study's page: sorts and filters its rows, and leads from a point of a figure to the
 * row of its head. Without it the table stands as it is.
 */
export const TABLE_SCRIPT = `
const body = document.querySelector(".study tbody");
if (body) {
  const rows = [...body.rows];
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase());
  const keys = JSON.parse(document.getElementById("sort-keys").textContent);
  const controls = document.querySelector(".controls");
  const [filter, verdict, sorting, turn] = ["filter", "verdict", "sorting", "turn"].map((id) => document.getElementById(id));
  const said = document.querySelector(".shown");
  const buttons = [...document.querySelectorAll(".study th button")];
  let descending = false;
  controls.hidden = false;
  buttons.forEach((button) => { button.disabled = false; });

  function filtered() {
    const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      const isShown = (verdict.value === "" || row.dataset.verdict === verdict.value) && words.every((word) => texts[i].includes(word));
      row.hidden = !isShown;
      if (isShown) shown++;
    });
    said.textContent = shown === rows.length ? rows.length + " heads" : shown + " of " + rows.length + " heads";
  }
  function sorted() {
    const { values } = keys[sorting.value];
    const sign = descending ? -1 : 1;
    // What is not there comes last in either direction; what is equal keeps the order of study.csv.
    const order = rows.map((_, i) => i).sort((a, b) => {
      const x = values[a], y = values[b];
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      const isNumber = typeof x === "number" && typeof y === "number";
      return sign * (isNumber ? x - y : String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0) || a - b;
    });
    body.append(...order.map((i) => rows[i]));
    turn.textContent = descending ? "descending" : "ascending";
    for (const button of buttons) {
      const heading = button.closest("th");
      if (button.value === sorting.value) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
  }
  filter.addEventListener("input", filtered);
  verdict.addEventListener("change", filtered);
  sorting.addEventListener("change", () => {
    descending = keys[sorting.value].descending;
    sorted();
  });
  turn.addEventListener("click", () => {
    descending = !descending;
    sorted();
  });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      descending = sorting.value === button.value ? !descending : keys[button.value].descending;
      sorting.value = button.value;
      sorted();
    });
  }
  // A browser may keep what was typed before the page was loaded again.
  filtered();
  sorted();

  function toTarget() {
    const row = rows.find(({ id }) => id === location.hash.slice(1));
    if (!row) return;
    if (row.hidden) {
      filter.value = verdict.value = "";
      filtered();
    }
    row.scrollIntoView({ block: "center" });
  }
  addEventListener("hashchange", toTarget);
  toTarget();
  const heard = new WeakSet();
  document.addEventListener("drawn", ({ target }) => {
    if (heard.has(target)) return;
    heard.add(target);
    target.on("plotly_click", ({ points }) => {
      const point = points.find(({ customdata }) => Number.isInteger(customdata));
      if (!point) return;
      const hash = "#head-" + (point.customdata + 1);
      if (location.hash === hash) toTarget();
      else location.hash = hash;
    });
  });
}
`;
