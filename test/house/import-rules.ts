/**
 * Who may import whom:
 *
 *   main → app → *-operations → *-service → *-store → *-tables
 *
 * The app is composed in app.ts, services.ts and wiring/, one file of it per subject.
 * Everybody but the engine and the ledger may use `platform`; `platform` uses no feature; the engine uses itself and three
 * pure libraries, the ledger itself and the engine's money.
 * The client is for others to run, and uses nothing but itself; so does the console, which runs in browsers.
 * A feature reaches another only through its services and its pure words, without circles; a store therefore writes only
 * its own tables.
 */
import { circlesIn, type Import, importsOf, packageOf, type Sources } from "./source-files.ts";

const enginePackages = ["zod", "temporal-polyfill", "@marcbachmann/cel-js"];

/** From the door to the data. "words": shapes, constants and pure functions that every layer of the feature may use. */
const layers = ["words", "tables", "store", "service", "operations"] as const;
type Layer = (typeof layers)[number];

/** Files whose name does not say their layer, with the reason for the one they have. */
export const unnamedLayers: Readonly<Record<string, Layer>> = {
  // A service in all but name: it answers the platform's `Authenticator` and asks the store.
  "src/features/api-keys/api-key-authenticator.ts": "service",
  // Gathers questions for the store.
  "src/features/api-keys/api-key-reader.ts": "service",
  // Makes and hashes secrets; knows no database.
  "src/features/api-keys/api-key-secret.ts": "words",
  // The chain as arithmetic, without a database; what a row of it is it is told by its type alone.
  "src/features/audit/audit-chain.ts": "service",
  // What sets automations off, and from when on their caps count; without a database.
  "src/features/automations/automation-triggers.ts": "words",
  "src/features/automations/automation-caps.ts": "words",
  "src/features/automations/automation-clock.ts": "words",
  "src/features/automations/automation-document.ts": "words",
  // What is wrong with a campaign, and what follows from its dates; without a database.
  "src/features/campaigns/campaign-document.ts": "words",
  "src/features/campaigns/campaign-board.ts": "words",
  "src/features/campaigns/campaign-review.ts": "words",
  "src/features/campaigns/campaign-review-document.ts": "words",
  // How texts are searched.
  "src/features/campaigns/campaign-words.ts": "words",
  // What a sale adds to the figures: arithmetic on what is stored.
  "src/features/campaigns/campaign-sale.ts": "words",
  "src/features/campaigns/campaign-sale-columns.ts": "words",
  "src/features/campaigns/campaign-sale-gifts.ts": "words",
  "src/features/campaigns/campaign-sale-given.ts": "words",
  "src/features/campaigns/campaign-stored-sale.ts": "words",
  // How codes look, and how they are drawn; without a database.
  "src/features/coupons/code-form.ts": "words",
  "src/features/coupons/code-rows.ts": "words",
  // The demo shop as data.
  "src/features/demo/demo-campaign.ts": "words",
  "src/features/demo/demo-carts.ts": "words",
  "src/features/demo/demo-keys.ts": "words",
  "src/features/demo/demo-promotions.ts": "words",
  // Fills a project through the services of others; called by main while it makes the first project.
  "src/features/demo/demo-seed.ts": "service",
  "src/features/campaigns/campaign-seed.ts": "service",
  // Where an order went, held against a territory.
  "src/features/dealers/dealer-territory.ts": "words",
  // What funders bear of a sale, without a database.
  "src/features/funds/fund-book.ts": "words",
  // The catalogue of events, and how one is told.
  "src/features/events/cloud-event.ts": "words",
  "src/features/events/event-document.ts": "words",
  "src/features/events/event-types.ts": "words",
  "src/features/events/growth-event-types.ts": "words",
  "src/features/events/policy-event-types.ts": "words",
  "src/features/events/promotion-event-types.ts": "words",
  "src/features/events/dealer-event-types.ts": "words",
  "src/features/events/contract-event-types.ts": "words",
  "src/features/events/rebate-event-types.ts": "words",
  "src/features/events/automation-event-types.ts": "words",
  "src/features/events/campaign-event-types.ts": "words",
  "src/features/events/reward-event-types.ts": "words",
  "src/features/events/stock-event-types.ts": "words",
  "src/features/events/tier-event-types.ts": "words",
  // A sale and what came back of it as rows, without a database.
  "src/features/month-end/month-end-rows.ts": "words",
  // What is asked of and said about a request, without a database.
  "src/features/evaluations/evaluation-facts.ts": "words",
  "src/features/evaluations/evaluation-request.ts": "words",
  "src/features/evaluations/story-answer.ts": "words",
  // What is to be asked, and gathering it for the store.
  "src/features/facts/facts-question.ts": "service",
  "src/features/facts/facts-reader.ts": "service",
  // The parts of the store's statement, as text.
  "src/features/facts/facts-arms.ts": "words",
  "src/features/facts/facts-without-database.ts": "service",
  // What the request itself says, and counters as the engine asks for them.
  "src/features/facts/given-facts.ts": "words",
  "src/features/facts/kept-facts.ts": "words",
  "src/features/facts/order-history.ts": "words",
  "src/features/facts/resting-facts.ts": "words",
  "src/features/facts/stock-facts.ts": "words",
  "src/features/facts/usage-facts.ts": "words",
  // What may be asked of the committer, and a batch without its database.
  "src/features/ledger/committer-batch.ts": "words",
  "src/features/ledger/committer-planning.ts": "words",
  "src/features/ledger/committer-turns.ts": "words",
  "src/features/ledger/committer-write-parts.ts": "words",
  "src/features/ledger/committer-books.ts": "words",
  "src/features/ledger/ledger-commands.ts": "words",
  "src/features/ledger/ledger-events.ts": "words",
  // Names of counters, and what is taken of them.
  "src/features/ledger/promotion-counters.ts": "words",
  "src/features/ledger/promotion-holds.ts": "words",
  "src/features/ledger/reserved-source.ts": "words",
  // A voucher as data: its terms, its counters, its text; and what a till reports of it.
  "src/features/offline/offline-order.ts": "words",
  "src/features/offline/voucher-holds.ts": "words",
  "src/features/offline/voucher-terms.ts": "words",
  "src/features/offline/voucher-token.ts": "words",
  // Who belongs to which segment, and what is told of it; without a database.
  "src/features/segments/segment-rules.ts": "words",
  "src/features/segments/segment-event.ts": "words",
  // A programme as the engine reads it, and what is wrong with one.
  "src/features/tiers/tier-rules.ts": "words",
  // What a customer must satisfy beyond the shape, and how one is shown.
  "src/features/customers/customer-document.ts": "words",
  // Makes rows of what an ERP says, and answers of rows.
  "src/features/orders/order-document.ts": "service",
  // Which lines of an order are gifts, as text of SQL.
  "src/features/orders/gift-line.ts": "words",
  // Which order is which redemption's sale, as SQL.
  "src/features/redemptions/told-order.ts": "words",
  // What is told of an order.
  "src/features/orders/order-event.ts": "words",
  // Arithmetic on what orders earn.
  "src/features/points/points-order-terms.ts": "words",
  // Arithmetic on an order's lines.
  "src/features/orders/order-refunds.ts": "words",
  // What the arms come to; without a database.
  "src/features/measurement/arm-comparison.ts": "words",
  "src/features/measurement/measurement-cautions.ts": "words",
  // What customers bought, as text of SQL.
  "src/features/measurement/purchase-history.ts": "words",
  // From a seed to a prize, without a database.
  "src/features/play/draw-odds.ts": "words",
  // How codes of members look.
  "src/features/referrals/referral-code.ts": "words",
  // An agreement as it is worked by, and what is wrong with one.
  "src/features/rebates/rebate-terms.ts": "words",
  // Calculators: pure functions with their shapes.
  ...Object.fromEntries(
    [
      "budget",
      "budget-split",
      "calculation",
      "campaign-returns",
      "channel-returns",
      "discount-depth",
      "elasticity",
      "goal-priorities",
      "significance",
      "timing",
      "welch-test",
    ].map((name) => [`src/features/planning/${name}.ts`, "words" as const]),
  ),
  // Whether to act, from figures alone.
  "src/features/policies/policy-decision.ts": "words",
  // What guards campaigns: as it is told, as carts meet it, and the names of its counters.
  "src/features/campaigns/campaign-guards.ts": "words",
  "src/features/facts/campaign-facts.ts": "words",
  "src/features/ledger/campaign-counters.ts": "words",
  // What the rules know of campaigns.
  "src/features/promotions/campaign-in-force.ts": "words",
  // What is judged before a launch, on figures that were gathered; and the rules of a campaign, compiled.
  "src/features/launch-checks/launch-check-lines.ts": "words",
  "src/features/launch-checks/campaign-rules.ts": "service",
  // Sums and their words; what prices orders reads promotions as their service does.
  "src/features/simulations/past-order.ts": "words",
  "src/features/simulations/replay-tally.ts": "words",
  "src/features/simulations/order-replay.ts": "service",
  "src/features/simulations/order-accounting.ts": "service",
  "src/features/simulations/simulation-report.ts": "service",
  // What runs in a thread of its own.
  "src/features/simulations/replay-thread.ts": "service",
  // Called by main before there is an app.
  "src/features/projects/project-bootstrap.ts": "service",
  // Parses and compiles documents; evaluations use it for drafts.
  "src/features/promotions/promotion-document.ts": "service",
  // Stores promotions for whoever fills a new project.
  "src/features/promotions/promotion-seed.ts": "service",
  "src/features/promotions/promotion-event.ts": "words",
  "src/features/promotions/promotion-status.ts": "words",
  // From a quote to what an order takes.
  "src/features/redemptions/redemption-holds.ts": "words",
  "src/features/redemptions/redemption-problems.ts": "words",
  "src/features/redemptions/redemption-rewards.ts": "words",
  "src/features/redemptions/redemption-body.ts": "words",
  "src/features/redemptions/kept-sale.ts": "words",
  // Whether a quote would be another one, were the order not the first.
  "src/features/redemptions/first-order.ts": "words",
  // The part of the rulebook service that compiles.
  "src/features/promotions/rule-compiler.ts": "service",
  // For whom there are price lists, as the rules in memory have it.
  "src/features/promotions/price-list-scope.ts": "words",
  // A stored quote read as a sale; without a database.
  "src/features/redemptions/return-sale.ts": "words",
  // What is sent, how it is signed, and when it is sent again; without a database.
  "src/features/webhooks/webhook-request.ts": "words",
  "src/features/webhooks/webhook-schedule.ts": "words",
  "src/features/webhooks/webhook-signature.ts": "words",
};

/** Beside features, engine and platform: the process itself. */
const processFiles: Readonly<Record<string, (path: string) => boolean>> = {
  "src/main.ts": (path) => path !== "src/main.ts" && (!isFeature(path) || reachableFromMain.includes(path)),
  "src/prepare.ts": (path) =>
    path === "src/config.ts" || path.startsWith("src/platform/") || reachableFromMain.includes(path),
  "src/serve.ts": (path) =>
    ["src/app.ts", "src/config.ts", "src/prepare.ts"].includes(path) || path.startsWith("src/platform/"),
  "src/worker.ts": (path) => path === "src/workers.ts" || path.startsWith("src/platform/"),
  "src/workers.ts": (path) => path === "src/prepare.ts" || path.startsWith("src/platform/"),
  "src/app.ts": (path) =>
    ["src/config.ts", "src/measures.ts", "src/services.ts"].includes(path) ||
    isWiring(path) ||
    path.startsWith("src/platform/") ||
    (isFeature(path) && ["operations", "service"].includes(layerOf(path) ?? "")),
  "src/measures.ts": (path) => path === "src/services.ts" || path.startsWith("src/platform/"),
  "src/services.ts": (path) =>
    isWiring(path) || path.startsWith("src/platform/") || (isFeature(path) && layerOf(path) === "service"),
  "src/config.ts": () => false,
  "src/process-log.ts": (path) => path.startsWith("src/platform/"),
  "src/ready-banner.ts": (path) => path.startsWith("src/platform/"),
};

/** Parts of the composition root, by subject. */
const isWiring = (path: string): boolean => path.startsWith("src/wiring/");
const wiringMayImport = (path: string): boolean =>
  path.startsWith("src/platform/") ||
  (isFeature(path) && ["operations", "service"].includes(layerOf(path) ?? ""));

/** What main does before there is an app to do it. */
const reachableFromMain = [
  "src/features/demo/demo-carts.ts",
  "src/features/demo/demo-keys.ts",
  "src/features/demo/demo-seed.ts",
  "src/features/projects/project-bootstrap.ts",
];

/** Every breach, as a sentence with its place. */
export function importFaults(sources: Sources): string[] {
  const faults: string[] = [];
  for (const [path, text] of Object.entries(sources)) {
    const unplaced = placeFault(path);
    if (unplaced !== null) faults.push(`${path}: ${unplaced}`);
    for (const imported of importsOf(path, text)) {
      const fault = importFault(path, imported, sources);
      if (fault !== null) faults.push(`${path}:${imported.line} imports ${imported.specifier}: ${fault}`);
    }
  }
  for (const circle of circlesIn(filesByImport(sources))) faults.push(`circle of files: ${circle}`);
  for (const circle of circlesIn(featuresByImport(sources))) faults.push(`circle of features: ${circle}`);
  return faults;
}

function placeFault(path: string): string | null {
  if (path.startsWith("src/engine/") || path.startsWith("src/ledger/") || path.startsWith("src/platform/"))
    return null;
  if (path in processFiles || isWiring(path) || path.startsWith("src/client/")) return null;
  if (path.startsWith("src/console/")) return null;
  if (!isFeature(path))
    return "belongs to engine, platform or a feature, or is listed among the files of the process";
  if (layerOf(path) !== null) return null;
  return "its name does not say its layer (-operations, -service, -store, -tables, -schemas): rename it or list it";
}

function importFault(
  path: string,
  { specifier, path: target, isTypeOnly }: Import,
  sources: Sources,
): string | null {
  if (target !== null && !(target in sources)) return "there is no such file";
  if (path.startsWith("src/engine/")) return engineFault(specifier, target);
  if (path.startsWith("src/ledger/")) return ledgerFault(specifier, target);
  if (path.startsWith("src/client/"))
    return target?.startsWith("src/client/") ? null : "the client runs elsewhere and uses nothing but itself";
  if (path.startsWith("src/console/"))
    return target === null || target.startsWith("src/console/")
      ? null
      : "the console runs in browsers and knows the API alone";
  if (target === null) return null;
  if (path.startsWith("src/platform/"))
    return target.startsWith("src/platform/") ? null : "platform uses nothing but itself and packages";
  const mayImport = isWiring(path) ? wiringMayImport : processFiles[path];
  if (mayImport !== undefined) return mayImport(target) ? null : `${path} does not go there`;
  return isFeature(path) ? featureFault(path, target, isTypeOnly) : null;
}

function engineFault(specifier: string, target: string | null): string | null {
  if (target === null)
    return enginePackages.includes(packageOf(specifier))
      ? null
      : `the engine uses only ${enginePackages.join(", ")}`;
  return target.startsWith("src/engine/") ? null : "the engine uses nothing of the shell";
}

function ledgerFault(specifier: string, target: string | null): string | null {
  if (target === null) return `the ledger uses no package, not even ${specifier}`;
  return target.startsWith("src/ledger/") || target === "src/engine/money.ts"
    ? null
    : "the ledger uses itself and the engine's money";
}

function featureFault(path: string, target: string, isTypeOnly: boolean): string | null {
  if (["src/engine/", "src/ledger/", "src/platform/"].some((folder) => target.startsWith(folder)))
    return null;
  // The shape of the configuration, not the configuration.
  if (target === "src/config.ts")
    return isTypeOnly ? null : "a feature is told its settings, it does not read them";
  if (!isFeature(target)) return "a feature does not know the process it runs in";
  const from = layerOf(path);
  const to = layerOf(target);
  if (from === null || to === null) return null;
  if (featureOf(path) !== featureOf(target)) {
    // Shapes and pure functions are nobody's secret.
    if (to === "words") return null;
    return from === "service" && to === "service"
      ? null
      : "a feature reaches another only from a service to a service";
  }
  if (from === "operations" && (to === "store" || to === "tables"))
    return "operations speak to services, never to a store";
  if (from === "words") return to === "words" ? null : `shapes and pure functions do not know the ${to}`;
  if (from === to) return from === "service" ? null : `a ${from} does not import another`;
  return layers.indexOf(to) < layers.indexOf(from)
    ? null
    : `${from} comes after ${to}, imports point the other way`;
}

function isFeature(path: string): boolean {
  return path.startsWith("src/features/");
}

function featureOf(path: string): string {
  return path.split("/")[2] ?? "";
}

function layerOf(path: string): Layer | null {
  const unnamed = unnamedLayers[path];
  if (unnamed !== undefined) return unnamed;
  const ending = /-(operations|service|store|tables|schemas)\.ts$/.exec(path)?.[1];
  return ending === undefined ? null : ending === "schemas" ? "words" : (ending as Layer);
}

/** Types may refer to each other in circles: nothing of that is left at run time. */
function filesByImport(sources: Sources): Map<string, Set<string>> {
  return new Map(
    Object.entries(sources).map(([path, text]) => {
      const targets = importsOf(path, text).flatMap((imported) =>
        imported.isTypeOnly || imported.path === null ? [] : [imported.path],
      );
      return [path, new Set(targets)];
    }),
  );
}

function featuresByImport(sources: Sources): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const [path, text] of Object.entries(sources)) {
    if (!isFeature(path)) continue;
    const feature = featureOf(path);
    const others = edges.get(feature) ?? new Set<string>();
    edges.set(feature, others);
    for (const { path: target } of importsOf(path, text)) {
      if (target !== null && isFeature(target) && featureOf(target) !== feature)
        others.add(featureOf(target));
    }
  }
  return edges;
}
