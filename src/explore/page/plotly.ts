import type { Figure } from "../../figures/figure";

/** What of plotly.js is used here. */
interface PlotlyJs {
  react(place: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
  purge(place: HTMLElement): void;
  toImage(figure: unknown, options: object): Promise<string>;
}

let loading: Promise<PlotlyJs> | undefined;

/** Loads plotly.js when the first figure is drawn: nobody waits for it before. */
export function plotly(): Promise<PlotlyJs> {
  loading ??= new Promise<PlotlyJs>((done, failed) => {
    const script = document.createElement("script");
    script.src = "plotly.js";
    script.onload = () => done((globalThis as unknown as { Plotly: PlotlyJs }).Plotly);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      failed(new Error("plotly.js could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

const SCALE = 2;

/** A figure as a file's content. */
export async function pictureOf({ data, layout }: Figure, format: "png" | "svg"): Promise<Blob> {
  const { toImage } = await plotly();
  const address = await toImage(
    { data, layout },
    { format, width: layout.width, height: layout.height, scale: format === "png" ? SCALE : 1 },
  );
  const content = address.slice(address.indexOf(",") + 1);
  if (format === "svg") return new Blob([decodeURIComponent(content)], { type: "image/svg+xml" });
  return new Blob([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], {
    type: "image/png",
  });
}
