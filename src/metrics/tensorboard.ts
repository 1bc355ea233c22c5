// A run's events in TensorBoard's form: a file of records, each a length, a masked CRC-32C of it, an Event
// message (tensorflow/core/util/event.proto) and a masked CRC-32C of that. A run that goes on begins a file of
// its own, which says from which step on earlier files no longer hold. Not read by this program.
import protobuf from "protobufjs/minimal";
import type { TrainEvent } from "./events.ts";

/** What TensorBoard knows its files by; a time in seconds and the writer's name follow. */
export const TENSORBOARD_PREFIX = "events.out.tfevents.";

const VERSION = "brain.Event:2";
/** Wire types. */
const [VARINT, DOUBLE, MESSAGE, FLOAT] = [0, 1, 2, 5];
const [SESSION_START, STRING] = [1, 7];

type Fill = (message: protobuf.Writer) => void;

/** The records of an event, none for what TensorBoard has no place for. `seconds` since 1970. */
export function tensorBoardRecords(event: TrainEvent, seconds: number): Uint8Array<ArrayBuffer> {
  const records = messagesOf(event).map((fill) => {
    const message = new protobuf.Writer();
    message.uint32(1 << 3 | DOUBLE).double(seconds);
    if ("step" in event) {
      message.uint32(2 << 3 | VARINT).int64(event.kind === "start" ? event.step + 1 : event.step);
    }
    fill(message);
    return record(message.finish());
  });
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

function messagesOf(event: TrainEvent): Fill[] {
  switch (event.kind) {
    case "start": // earlier files do not hold from the next step on
      return [
        (message) => message.uint32(3 << 3 | MESSAGE).string(VERSION),
        (message) => nested(message, 7, (log) => log.uint32(1 << 3 | VARINT).int32(SESSION_START)),
      ];
    case "step":
      return [scalars({
        "train/loss": event.loss,
        "train/learning_rate": event.learningRate,
        "train/gradient_norm": event.gradientNorm,
        "train/tokens_per_second": event.tokensPerSecond,
      })];
    case "evaluation":
      return [scalars({ "validation/loss": event.loss, "validation/bits_per_byte": event.bitsPerByte })];
    case "sample":
      return [text("sample", `${event.prompt}${event.text}`)];
    default:
      return [];
  }
}

function scalars(values: Readonly<Record<string, number>>): Fill {
  return (message) =>
    nested(message, 5, (summary) => {
      for (const [tag, value] of Object.entries(values)) {
        nested(summary, 1, (entry) =>
          entry.uint32(1 << 3 | MESSAGE).string(tag).uint32(2 << 3 | FLOAT).float(value));
      }
    });
}

/** For the text plugin, which shows Markdown: as code. */
function text(tag: string, content: string): Fill {
  const code = content.split("\n").map((line) => `    ${line}`).join("\n");
  return (message) =>
    nested(message, 5, (summary) =>
      nested(summary, 1, (entry) => {
        entry.uint32(1 << 3 | MESSAGE).string(tag);
        nested(entry, 8, (tensor) => {
          tensor.uint32(1 << 3 | VARINT).int32(STRING);
          nested(tensor, 2, (shape) =>
            nested(shape, 2, (dimension) => dimension.uint32(1 << 3 | VARINT).int64(1)));
          tensor.uint32(8 << 3 | MESSAGE).bytes(new TextEncoder().encode(code));
        });
        nested(entry, 9, (metadata) =>
          nested(metadata, 1, (plugin) =>
            plugin.uint32(1 << 3 | MESSAGE).string("text")));
      }));
}

function nested(message: protobuf.Writer, field: number, fill: Fill): void {
  message.uint32(field << 3 | MESSAGE).fork();
  fill(message);
  message.ldelim();
}

function record(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return bytes;
}

/** Castagnoli's polynomial, reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ crc >>> 8;
  crc = ~crc >>> 0;
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}
