/** Says a condition tree in one sentence. */

import type { Sayer } from "../words.ts";
import { conditionKinds } from "./index.ts";
import type { ConditionDocument, ConditionLeaf } from "./tree.ts";

const kinds = new Map(conditionKinds.map((kind) => [kind.kind, kind]));

export function conditionWords({ kind, ...params }: ConditionLeaf, say: Sayer): string {
  return kinds.get(kind)!.words(params as never, say);
}

export function describeConditions(tree: ConditionDocument, say: Sayer): string {
  if ("kind" in tree) return conditionWords(tree as ConditionLeaf, say);
  if ("not" in tree) {
    const text = describeConditions(tree.not, say);
    return say.pick({ en: `not (${text})`, "zh-CN": `非(${text})` });
  }
  const nodes = childrenOf(tree);
  const joiner = "all" in tree ? { en: " and ", "zh-CN": ",且" } : { en: " or ", "zh-CN": ",或" };
  return nodes
    .map((node) => {
      const text = describeConditions(node, say);
      // A group of several inside another group needs its brackets: "a and (b or c)".
      return nodes.length > 1 && childrenOf(node).length > 1
        ? say.pick({ en: `(${text})`, "zh-CN": `(${text})` })
        : text;
    })
    .join(say.pick(joiner));
}

function childrenOf(tree: ConditionDocument): readonly ConditionDocument[] {
  if ("kind" in tree || "not" in tree) return [];
  return ("all" in tree ? tree.all : tree.any) as readonly ConditionDocument[];
}
