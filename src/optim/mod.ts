// What an optimizer is told: the learning rate of a step (schedule.ts, read it first) and which matrices Muon
// updates, and how far (muon.ts). Not the updates themselves: these are operations of a backend, AdamW and Muon.
export * from "./muon.ts";
export * from "./schedule.ts";
