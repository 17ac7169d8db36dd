import { FIGURE_WIDTHS } from "../figures/template";

/** Beside a figure: the page's edges of 16 pixels, and a scroll bar. */
const EDGES = 3 * 16;

/** A window in which there is no room for a wide figure. */
export const NARROW_WINDOW = `screen and (max-width: ${FIGURE_WIDTHS.notebook + EDGES - 1}px)`;

/**
 * The results page's script: a figure is drawn when it comes near the window (all of them before
 * printing, when folded sections open too), in the size that its place has room for, and again when that
 * changes; its place is told by the event "drawn". A link to a folded section opens it.
 */
export const PAGE_SCRIPT = `
const narrowWindow = matchMedia("${NARROW_WINDOW}");
const drawn = new WeakMap();
function draw(place) {
  const isNarrow = narrowWindow.matches;
  if (drawn.get(place) === isNarrow) return;
  drawn.set(place, isNarrow);
  const { wide, narrow, config } = JSON.parse(place.querySelector("script").textContent);
  const layout = isNarrow && narrow ? { ...narrow.layout, template: wide.layout.template } : { ...wide.layout };
  const data = (isNarrow && narrow && narrow.data) || wide.data;
  if (!isNarrow || narrow) delete layout.width;
  // On a phone a finger that crosses a figure scrolls the page.
  if (isNarrow) layout.dragmode = false;
  let plot = place.querySelector(".plot");
  if (!plot) {
    plot = document.createElement("div");
    plot.className = "plot";
    plot.style.height = "100%";
    place.append(plot);
  }
  const options = { ...config, displayModeBar: isNarrow ? false : "hover" };
  // A figure that Plotly cannot draw costs its own place.
  Promise.resolve()
    .then(() => Plotly.react(plot, data, layout, options))
    .then(() => plot.dispatchEvent(new Event("drawn", { bubbles: true })))
    .catch((error) => {
      plot.textContent = "Plotly cannot draw this figure (" + error + ").";
    });
}
const places = [...document.querySelectorAll(".figure")];
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) draw(target);
}, { rootMargin: "600px 0px" });
places.forEach((place) => near.observe(place));
const sections = [...document.querySelectorAll("details")];
function open(section) {
  section.open = true;
}
addEventListener("beforeprint", () => {
  sections.forEach(open);
  places.forEach(draw);
});
// Some browsers do this themselves.
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  const section = target && target.closest("details");
  if (!section || section.open) return;
  open(section);
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
document.addEventListener("click", ({ target }) => {
  // The same link again changes no address.
  if (target.closest && target.closest('a[href^="#"]')) setTimeout(openTarget);
});
openTarget();
addEventListener("resize", () => places.filter((place) => drawn.has(place)).forEach(draw));
`;
