// What a statement of a module is: where it stands, its name, its claim, its body. All places are indices of
// tokens. `statements.ts` reads them.

/** What a statement is; `satisfy` introduces values, `function` a function by what its values satisfy. */
export type StatementKind =
  | "theorem"
  | "axiom"
  | "claim"
  | "let"
  | "satisfy"
  | "function"
  | "destructuring"
  | "define"
  | "forall"
  | "if"
  | "match"
  | "type"
  | "structure"
  | "inductive"
  | "typeclass"
  | "instance"
  | "attributes"
  | "numerals"
  | "import"
  | "doc";

/** Tokens `from` … `end - 1`. */
export interface TokenRange {
  readonly from: number;
  readonly end: number;
}

/** Braces and the statements between them. */
export interface Body {
  /** Index of the opening brace. */
  readonly open: number;
  /** Index of the closing brace, or of the token before which an unclosed body ends. */
  readonly close: number;
  readonly statements: readonly Statement[];
}

/** A statement; ranges are of tokens, without the brackets around them. */
export interface Statement {
  readonly kind: StatementKind;
  /** Index of its first token. */
  readonly first: number;
  /** Index of its last token. */
  readonly last: number;
  readonly firstLine: number;
  readonly lastLine: number;
  /** What it names: a theorem, function, value, type, typeclass; `Type: Class` for an instance. */
  readonly name?: string;
  readonly typeParameters?: TokenRange;
  /** Arguments, or the values that a `satisfy` introduces. */
  readonly parameters?: TokenRange;
  /** The type behind the colon or the arrow. */
  readonly type?: TokenRange;
  /** The claim, the condition, the value, the scrutinee. */
  readonly claim?: TokenRange;
  /** Line on which a theorem without its proof, or a structure without its constraint, ends. */
  readonly headLastLine?: number;
  readonly body?: Body;
  readonly otherwise?: Body;
  readonly cases?: readonly { readonly pattern: TokenRange; readonly body: Body }[];
  readonly imports?: { readonly module: string; readonly names: readonly string[] };
}

/** What is wrong with a module, and on which line, from 0. */
export interface SourceProblem {
  readonly line: number;
  readonly message: string;
}

/** Blocks in blocks that are read; real modules have about ten. */
export const MAX_DEPTH = 100;
