import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { figureSummary } from "../../display/figure-text";
import type { FigureSize } from "../../figures/template";
import type { Figures } from "../explorer";
import { darkFigure } from "./dark-figure";
import { plotly } from "./plotly";

/** A window narrower than a figure for a desk, with the page's edges. */
const NARROW = matchMedia("(max-width: 867px)");

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Whether it is so now, and drawn again when it changes. */
function useMatches(media: MediaQueryList): boolean {
  const [matches, setMatches] = useState(media.matches);
  useEffect(() => {
    const change = () => setMatches(media.matches);
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, [media]);
  return matches;
}

/** Which of a figure's sizes the window has room for. */
export function useFigureSize(): FigureSize {
  return useMatches(NARROW) ? "column" : "notebook";
}

/** A figure, drawn by Plotly as large as its place. */
export function Plot({ figures }: { readonly figures: Figures }) {
  const size = useFigureSize();
  const place = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const isDark = useMatches(DARK);
  const { data, layout } = useMemo(
    () => (isDark ? darkFigure(figures[size]) : figures[size]),
    [figures, size, isDark],
  );
  useEffect(() => {
    let isGone = false;
    const element = place.current!;
    const { width: _, ...responsive } = layout;
    // On a phone a finger that crosses a figure scrolls the page.
    const shown = { ...responsive, dragmode: size === "column" ? false : layout.dragmode };
    plotly()
      .then((library) => {
        if (isGone) return;
        const config = { responsive: true, displaylogo: false, displayModeBar: false };
        return library.react(element, structuredClone(data), structuredClone(shown), config);
      })
      .catch((error: Error) => setProblem(error.message));
    return () => {
      isGone = true;
      void plotly().then((library) => library.purge(element));
    };
  }, [data, layout, size]);
  return (
    <figure>
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={figureSummary(figures[size])}
        style={{ height: `${layout.height}px` }}
      />
      {problem && <p class="problem">This figure cannot be drawn: {problem}</p>}
    </figure>
  );
}
