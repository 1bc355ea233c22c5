// What a run tells: the events of training, the learning curve in a file of them, its picture. Not how events
// look in a terminal (src/cli/render), nor how good a model is (src/evaluate). Read events.ts first.
export * from "./curve_svg.ts";
export * from "./events.ts";
export * from "./learning_curve.ts";
export * from "./tensorboard.ts";
export * from "./training_pace.ts";
