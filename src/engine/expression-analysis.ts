/** What an expression says before it is run: the names it uses, what it may cost, where a missing field was looked for. */
import type { ASTNode } from "@marcbachmann/cel-js";
import type { CanonicalCart } from "./canonical-cart.ts";
import type { FactName } from "./facts.ts";
import { limits } from "./limits.ts";

const factNames: readonly FactName[] = ["completedOrders", "lastOrderAt", "segments", "tier"];
const roots = new Set(["cart", "customer", "line"]);
const loops = new Set(["all", "exists", "exists_one", "map", "filter"]);
/** Loops inside loops; going through the lines of a cart for `line` is one of them. */
const deepestLoops = 2;
/** Nodes run over the largest cart. */
const mostSteps = 5_000_000;

export interface Names {
  readonly usesLine: boolean;
  readonly usesCustomer: boolean;
  readonly usesCart: boolean;
  readonly needs: readonly FactName[];
  /** What it looks at of the customer and of the cart's attributes: see `Reads`. */
  readonly reads: ReadonlySet<string>;
  /** The list behind each loop variable. */
  readonly iterations: ReadonlyMap<string, ASTNode>;
  readonly fault: string | null;
}

export function namesIn(ast: ASTNode): Names {
  const needs = new Set<FactName>();
  const reads = new Set<string>();
  const iterations = new Map<string, ASTNode>();
  const used = new Set<string>();
  let fault: string | null = null;

  function visit(node: ASTNode, parent: ASTNode | null): void {
    if (node.op === "id" && roots.has(node.args)) used.add(node.args);
    const place = placeOf(node);
    if (place !== null && (parent === null || placeOf(parent) === null)) reads.add(place.join("."));
    const readsAllFacts =
      (isRoot(node, "customer") && parent?.op !== ".") ||
      (node.op === "." && node.args[1] === "facts" && isRoot(node.args[0], "customer") && parent?.op !== ".");
    if (readsAllFacts) for (const name of factNames) needs.add(name);
    if (
      node.op === "." &&
      node.args[0].op === "." &&
      node.args[0].args[1] === "facts" &&
      isRoot(node.args[0].args[0], "customer")
    ) {
      const name = factNames.find((fact) => fact === node.args[1]);
      if (name !== undefined) needs.add(name);
    }
    if (node.op === "rcall" && (node.args[0] === "matches" || node.args[0] === "bind")) {
      fault ??= `"${node.args[0]}" is not available${node.args[0] === "matches" ? ": use contains, startsWith or endsWith" : ""}.`;
    }
    const loop = loopOf(node);
    if (loop !== null) {
      if (roots.has(loop.variable))
        fault ??= `"${loop.variable}" is a name of the request; call the loop's variable something else.`;
      iterations.set(loop.variable, loop.list);
    }
    for (const child of childrenOf(node)) visit(child, node);
  }

  visit(ast, null);
  return {
    usesLine: used.has("line"),
    usesCustomer: used.has("customer"),
    usesCart: used.has("cart"),
    needs: [...needs],
    reads: new Set([...reads, ...[...needs].map((name) => `facts.${name}`)]),
    iterations,
    fault,
  };
}

/** `customer.attributes.level` as its parts, of which there are three at most; null where the node names nothing like it. */
function placeOf(node: ASTNode): readonly string[] | null {
  if (node.op === "id") return node.args === "customer" || node.args === "cart" ? [node.args] : null;
  if (node.op !== "." && node.op !== ".?" && node.op !== "[]" && node.op !== "[?]") return null;
  const owner = placeOf(node.args[0]);
  if (owner === null || owner.length === 3) return owner;
  const [, field] = node.args;
  if (typeof field === "string") return [...owner, field];
  return field.op === "value" && typeof field.args === "string" ? [...owner, field.args] : null;
}

function isRoot(node: ASTNode, name: string): boolean {
  return node.op === "id" && node.args === name;
}

/**
 * The nodes that one run goes through, as a polynomial in the length of the longest list: `[4, 7, 3]` means 4 + 7n + 3n².
 * One that names `line` is run once for each line of the cart.
 */
export type Steps = readonly number[];

export function stepsOf(ast: ASTNode): Steps {
  const steps: number[] = [];

  function visit(node: ASTNode, depth: number, times: number): void {
    steps[depth] = (steps[depth] ?? 0) + times;
    const loop = loopOf(node);
    if (loop === null) {
      for (const child of childrenOf(node)) visit(child, depth, times);
      return;
    }
    visit(loop.list, depth, times);
    // Lists can be joined before they are gone through.
    const inner = times * (1 + countJoins(loop.list));
    for (const child of loop.body) visit(child, depth + 1, inner);
  }

  visit(ast, 0, 1);
  return steps;
}

export function stepsOver(steps: Steps, longestList: number): number {
  let sum = 0;
  for (let depth = steps.length - 1; depth >= 0; depth--) sum = sum * longestList + steps[depth]!;
  return sum;
}

/** Null, or why the expression could take too long. */
export function faultOfCost(steps: Steps, usesLine: boolean): string | null {
  if (steps.length - 1 + (usesLine ? 1 : 0) > deepestLoops)
    return "Loops nest at most two deep (an expression that names `line` goes through the lines already).";
  return stepsOver(steps, limits.linesPerCart) * (usesLine ? limits.linesPerCart : 1) > mostSteps
    ? "The expression could take too long on a large cart: nest fewer or smaller loops."
    : null;
}

function countJoins(node: ASTNode): number {
  let joins = node.op === "+" ? 1 : 0;
  for (const child of childrenOf(node)) joins += countJoins(child);
  return joins;
}

function loopOf(node: ASTNode): { variable: string; list: ASTNode; body: readonly ASTNode[] } | null {
  if (node.op !== "rcall" || !loops.has(node.args[0])) return null;
  const [, list, [variable, ...body]] = node.args;
  return variable?.op === "id" ? { variable: variable.args, list, body } : null;
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]];
    case "call":
      return node.args[1];
    case "rcall": {
      const loop = loopOf(node);
      return loop === null ? [node.args[1], ...node.args[2]] : [loop.list, ...loop.body];
    }
    case "map":
      return node.args.flat();
    case "!_":
    case "-_":
      return [node.args];
    default:
      return node.args;
  }
}

/** Where in the request a field that an expression missed would stand, or null when it is no field of the request. */
export function requestPath(
  node: ASTNode,
  iterations: ReadonlyMap<string, ASTNode>,
  customer: CanonicalCart["customer"],
): string | null {
  const path = pathOf(node, iterations, 0);
  if (path === null) return null;
  if (path.startsWith("customer.facts.") && customer?.id === undefined) return "customer.id";
  return path.startsWith("customer.") && customer === undefined ? "customer" : path;
}

function pathOf(node: ASTNode, iterations: ReadonlyMap<string, ASTNode>, depth: number): string | null {
  if (depth > 50) return null;
  if (node.op === "id") {
    if (node.args === "cart") return "";
    if (node.args === "customer") return "customer";
    if (node.args === "line") return "lines[]";
    const list = iterations.get(node.args);
    const path = list === undefined ? null : pathOf(list, iterations, depth + 1);
    return path === null ? null : `${path}[]`;
  }
  if (node.op === "rcall" && node.args[0] === "filter") return pathOf(node.args[1], iterations, depth + 1);
  if (node.op !== "." && node.op !== "[]") return null;
  const owner = pathOf(node.args[0], iterations, depth + 1);
  if (owner === null) return null;
  if (node.op === ".") return owner === "" ? node.args[1] : `${owner}.${node.args[1]}`;
  const index = node.args[1];
  if (index.op !== "value") return null;
  return typeof index.args === "string"
    ? owner === ""
      ? index.args
      : `${owner}.${index.args}`
    : `${owner}[]`;
}
