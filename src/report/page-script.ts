/**
 * The results page's script: a figure is drawn when it comes near the window (all of them before
 * printing), in the size that its place has room for, and again when that changes.
 */
export const PAGE_SCRIPT = `
const NARROW = 640;
const drawn = new WeakMap();
function draw(place) {
  const isNarrow = document.documentElement.clientWidth <= NARROW;
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
    .catch((error) => {
      plot.textContent = "Plotly cannot draw this figure (" + error + ").";
    });
}
const places = [...document.querySelectorAll(".figure")];
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) draw(target);
}, { rootMargin: "600px 0px" });
places.forEach((place) => near.observe(place));
addEventListener("beforeprint", () => places.forEach(draw));
addEventListener("resize", () => places.filter((place) => drawn.has(place)).forEach(draw));
`;
