/** How good a model is: bits per byte over documents. */
export {
  evaluationSubset,
  type LossSource,
  type Score,
  type ScoredDocument,
  scoreDocuments,
  scoringWindows,
} from "./bits_per_byte.ts";
