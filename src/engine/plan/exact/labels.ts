/**
 * The search's labels, field by field in typed arrays that are kept from search to search: a search makes thousands of labels
 * and throws all of them away. Nothing of one search is ever read in the next.
 */
const firstCapacity = 1_024;
const firstSlots = 2_048;
/** No search makes so many labels that their numbers, with those before, would not be small integers. */
const mostBefore = 2 ** 28;

/** Takers: a player's number; an alternative's, negative from -2 on; or nobody. */
export const nobody = -1;

class LabelTable {
  count = 0;
  value = new Float64Array(firstCapacity);
  /** What counts towards the limit. */
  spent = new Float64Array(firstCapacity);
  /** And what counts towards the limit on all goods, where there is one besides. */
  spentInAll = new Float64Array(firstCapacity);
  /** No plan that continues the label is worth more. */
  bound = new Float64Array(firstCapacity);
  parent = new Int32Array(firstCapacity);
  taker = new Int32Array(firstCapacity);
  /** Label by label, the state of every automaton. */
  states = new Int32Array(firstCapacity * 4);
  width = 1;
  private hashes = new Int32Array(firstCapacity);
  /** Open addressing. An entry counts only if the label is one of the present layer. Labels of earlier searches are told apart by `before`. */
  private slots = new Int32Array(firstSlots);
  private before = 0;
  private layerFrom = 0;

  /** `width`: how many automata a label remembers at most. */
  reset(width: number): void {
    this.before += this.count;
    if (this.before > mostBefore) {
      this.before = 0;
      this.slots.fill(0);
    }
    this.count = 0;
    this.width = width;
    this.reserve();
  }

  startLayer(): void {
    this.layerFrom = this.count;
  }

  /**
   * The label of the present layer with these states that has spent as much, or a new one, whose value is minus infinity.
   * `states` is read at its first `width` places.
   */
  find(states: Int32Array, spent: number, spentInAll: number): number {
    const { width } = this;
    let hash = (spent | 0) ^ (spentInAll | 0);
    for (let p = 0; p < width; p++) hash = Math.imul(hash ^ states[p]!, 0x9e3779b1) ^ (hash >>> 15);
    const mask = this.slots.length - 1;
    const numbered = this.before + 1;
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const id = this.slots[slot]! - numbered;
      if (id < this.layerFrom) break;
      const isAsSpent = this.spent[id] === spent && this.spentInAll[id] === spentInAll;
      if (this.hashes[id] === hash && isAsSpent && this.isAt(id, states)) return id;
      slot = (slot + 1) & mask;
    }
    const id = this.count++;
    this.reserve();
    this.slots[slot] = id + numbered;
    this.hashes[id] = hash;
    this.spent[id] = spent;
    this.spentInAll[id] = spentInAll;
    this.value[id] = Number.NEGATIVE_INFINITY;
    for (let p = 0, at = id * width; p < width; p++) this.states[at + p] = states[p]!;
    if ((this.count - this.layerFrom) * 2 > this.slots.length) this.spread();
    return id;
  }

  private isAt(id: number, states: Int32Array): boolean {
    const { width } = this;
    for (let p = 0; p < width; p++) if (this.states[id * width + p] !== states[p]) return false;
    return true;
  }

  private spread(): void {
    this.slots = new Int32Array(this.slots.length * 4);
    const mask = this.slots.length - 1;
    for (let id = this.layerFrom; id < this.count; id++) {
      const hash = this.hashes[id]!;
      let slot = (hash ^ (hash >>> 13)) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = this.before + id + 1;
    }
  }

  private reserve(): void {
    const needed = this.count + 1;
    if (needed > this.value.length) {
      const capacity = this.value.length * 2;
      this.value = grown(this.value, new Float64Array(capacity));
      this.spent = grown(this.spent, new Float64Array(capacity));
      this.spentInAll = grown(this.spentInAll, new Float64Array(capacity));
      this.bound = grown(this.bound, new Float64Array(capacity));
      this.parent = grown(this.parent, new Int32Array(capacity));
      this.taker = grown(this.taker, new Int32Array(capacity));
      this.hashes = grown(this.hashes, new Int32Array(capacity));
    }
    if (needed * this.width > this.states.length)
      this.states = grown(this.states, new Int32Array(Math.max(this.states.length * 2, needed * this.width)));
  }
}

function grown<Values extends Float64Array | Int32Array>(values: Values, larger: Values): Values {
  larger.set(values);
  return larger;
}

export type { LabelTable };
export const labelTable = new LabelTable();
