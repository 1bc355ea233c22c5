/** A run's losses on a canvas: training steps as a line, evaluations as dots. Nats a token. */
/// <reference lib="dom" />

/** A loss after a step. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** Room for the labels, in CSS pixels. */
const MARGIN = { left: 40, right: 12, top: 12, bottom: 28 };

/** See the top of this file. */
export class LossChart {
  readonly #canvas: HTMLCanvasElement;
  #steps = 1;
  #training: LossPoint[] = [];
  #validation: LossPoint[] = [];

  /** Draws into a canvas, in the colours of its style: --accent, --line, --quiet, --paper. */
  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  /** Begin a new run of so many steps. */
  start(steps: number): void {
    [this.#steps, this.#training, this.#validation] = [steps, [], []];
    this.#draw();
  }

  /** Add the loss of a step. */
  addTraining(point: LossPoint): void {
    this.#training.push(point);
    this.#draw();
  }

  /** Add the loss of an evaluation. */
  addValidation(point: LossPoint): void {
    this.#validation.push(point);
    this.#draw();
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const scale = devicePixelRatio;
    [this.#canvas.width, this.#canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    const context = this.#canvas.getContext("2d")!;
    context.scale(scale, scale);
    const style = getComputedStyle(this.#canvas);
    const largest = Math.max(1, ...[...this.#training, ...this.#validation].map(({ loss }) => loss));
    const top = Math.ceil(largest);
    const x = (step: number): number =>
      MARGIN.left + (width - MARGIN.left - MARGIN.right) * step / this.#steps;
    const y = (loss: number): number => MARGIN.top + (height - MARGIN.top - MARGIN.bottom) * (1 - loss / top);
    const line = (points: readonly LossPoint[]): void => {
      context.beginPath();
      for (const { step, loss } of points) context.lineTo(x(step), y(loss));
      context.stroke();
    };

    context.font = style.font;
    [context.strokeStyle, context.fillStyle] = [style.borderColor, style.color];
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (let loss = 0; loss <= top; loss++) {
      line([{ step: 0, loss }, { step: this.#steps, loss }]);
      context.fillText(String(loss), MARGIN.left - 8, y(loss));
    }
    context.textBaseline = "top";
    context.fillText(`step ${this.#steps}`, width - MARGIN.right, y(0) + 8);
    context.textAlign = "left";
    context.fillText("0", MARGIN.left, y(0) + 8);

    context.strokeStyle = context.fillStyle = style.getPropertyValue("outline-color");
    context.lineWidth = 1.5;
    line(this.#training);
    for (const { step, loss } of this.#validation) {
      context.beginPath();
      context.arc(x(step), y(loss), 4, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
