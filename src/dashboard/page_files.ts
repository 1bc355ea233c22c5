// The files of the page, which are modules of the program: they are in the compiled binary, and reading them
// needs no permission. What a browser runs is what stands in page/, but for one name: uPlot's, which the
// import map of deno.json knows and a browser does not.
import charts from "./page/charts.js" with { type: "text" };
import inPage from "./page/in_page.js" with { type: "text" };
import training from "./page/training.js" with { type: "text" };
import elements from "./page/elements.js" with { type: "text" };
import html from "./page/index.html" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import playground from "./page/playground.js" with { type: "text" };
import run from "./page/run.js" with { type: "text" };
import runs from "./page/runs.js" with { type: "text" };
import samples from "./page/samples.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import suggestions from "./page/suggestions.js" with { type: "text" };
import uPlotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uPlot from "uplot/dist/uPlot.esm.js" with { type: "text" };

/** A file as it is answered. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const SCRIPTS = {
  charts,
  elements,
  in_page: inPage,
  main,
  playground,
  run,
  runs,
  samples,
  suggestions,
  training,
};

/** Every file by its path. */
export function pageFiles(): Record<string, PageFile> {
  const script = (text: string): PageFile => ({
    type: "text/javascript; charset=utf-8",
    text: text.replace('from "uplot"', 'from "./uplot.js"'),
  });
  const css = (text: string): PageFile => ({ type: "text/css; charset=utf-8", text });
  return {
    "/": { type: "text/html; charset=utf-8", text: html },
    "/style.css": css(style),
    "/uplot.css": css(uPlotStyle),
    "/uplot.js": script(uPlot),
    ...Object.fromEntries(Object.entries(SCRIPTS).map(([name, text]) => [`/${name}.js`, script(text)])),
  };
}
