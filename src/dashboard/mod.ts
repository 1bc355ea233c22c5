// The dashboard: a page on the loopback interface that shows runs as they go on, compares them, and asks a
// model. Owns the page (page/), what it is told (figures.ts) and its routes (routes.ts, read it first). Not
// who may ask (src/serve), nor what runs are (src/train): it reads what they leave in metrics.jsonl.
export { type DashboardOptions, dashboardRoutes } from "./routes.ts";
export { LOOK_MS } from "./follow.ts";
export { PlaygroundModel } from "./playground_model.ts";
