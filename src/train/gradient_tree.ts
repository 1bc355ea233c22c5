// The fixed binary tree in which shard gradients are summed. A node covers `size` shards (a power of two)
// from `first`, a multiple of its size; siblings are added left + right as soon as both exist. What remains
// when the number of shards is no power of two is added from the right. The sum's bits depend on the number
// of shards only, never on who computed which shard.

export interface TreeNode<T> {
  readonly first: number;
  readonly size: number;
  readonly value: T;
}

/** Nodes from left to right; siblings are merged on the way. */
export class GradientTree<T> {
  readonly #add: (left: T, right: T) => T;
  readonly #stack: TreeNode<T>[] = [];

  /** @param add how two values are added; both are the sum's to use */
  constructor(add: (left: T, right: T) => T) {
    this.#add = add;
  }

  /** Subtrees that wait for a sibling, from the left. */
  get nodes(): readonly TreeNode<T>[] {
    return this.#stack;
  }

  push(node: TreeNode<T>): void {
    const left = this.#stack.at(-1);
    if (left === undefined || left.size !== node.size || left.first % (2 * left.size) !== 0) {
      this.#stack.push(node);
      return;
    }
    this.#stack.pop();
    this.push({ first: left.first, size: 2 * left.size, value: this.#add(left.value, node.value) });
  }

  /** The sum of everything, when all shards are in: at least one. */
  total(): T {
    return this.#stack.map(({ value }) => value).reduceRight((total, left) => this.#add(left, total));
  }
}

/** The subtrees that remain when shards `first` to `end` have been pushed: what a worker hands over. */
export function subtrees(first: number, end: number): readonly TreeNode<null>[] {
  const tree = new GradientTree<null>(() => null);
  for (let shard = first; shard < end; shard++) tree.push({ first: shard, size: 1, value: null });
  return tree.nodes;
}
