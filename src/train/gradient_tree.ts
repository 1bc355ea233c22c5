/**
 * The fixed binary tree in which shard gradients are summed. A node covers `size` shards (a power of two)
 * from `first`, a multiple of its size; siblings are added left + right as soon as both exist. What remains
 * when the number of shards is no power of two is added from the right. The sum's bits depend on the number
 * of shards only, never on who computed which shard.
 */

/** A finished subtree. */
export interface TreeNode<T> {
  readonly first: number;
  readonly size: number;
  readonly value: T;
}

/** How two values are added. Both are the sum's to use. */
export type Add<T> = (left: T, right: T) => T;

/** Add nodes from left to right, merging siblings on the way. */
export class GradientTree<T> {
  readonly #add: Add<T>;
  readonly #stack: TreeNode<T>[] = [];

  constructor(add: Add<T>) {
    this.#add = add;
  }

  /** Subtrees finished so far that wait for a sibling, from the left. */
  get nodes(): readonly TreeNode<T>[] {
    return this.#stack;
  }

  /** Append the node that follows the ones before it. */
  push(node: TreeNode<T>): void {
    let top = node;
    for (
      let left = this.#stack.at(-1);
      left !== undefined && areSiblings(left, top);
      left = this.#stack.at(-1)
    ) {
      this.#stack.pop();
      top = { first: left.first, size: 2 * left.size, value: this.#add(left.value, top.value) };
    }
    this.#stack.push(top);
  }

  /** The sum of everything, when all shards are in. */
  total(): T {
    const last = this.#stack.pop();
    if (last === undefined) throw new Error("internal: an empty gradient tree has no total");
    let total = last.value;
    for (let left = this.#stack.pop(); left !== undefined; left = this.#stack.pop()) {
      total = this.#add(left.value, total);
    }
    return total;
  }
}

/** The subtrees that remain when shards `first` to `end` have been pushed: what a worker hands over. */
export function subtrees(first: number, end: number): readonly TreeNode<null>[] {
  const tree = new GradientTree<null>(() => null);
  for (let shard = first; shard < end; shard++) tree.push({ first: shard, size: 1, value: null });
  return [...tree.nodes];
}

function areSiblings(left: TreeNode<unknown>, right: TreeNode<unknown>): boolean {
  return left.size === right.size && left.first % (2 * left.size) === 0 &&
    right.first === left.first + left.size;
}
