/** Medusa's module creates some hundred promotions a second at most: the many others are copied inside its database. */
import type { Client } from "pg";

const promotions = "select id from promotion where code = any($1)";
const methods = `select id from promotion_application_method where promotion_id in (${promotions})`;
const rules = `select promotion_rule_id from promotion_promotion_rule where promotion_id in (${promotions})
  union all select promotion_rule_id from application_method_target_rules where application_method_id in (${methods})`;

/** Each table that a promotion has rows in: which are meant, and what must be another in a copy. Rows referred to come first. */
const tables: readonly { name: string; where: string; renamed: readonly string[] }[] = [
  { name: "promotion", where: `id in (${promotions})`, renamed: ["id", "code"] },
  { name: "promotion_rule", where: `id in (${rules})`, renamed: ["id"] },
  {
    name: "promotion_rule_value",
    where: `promotion_rule_id in (${rules}) and value !~ '^[0-9.]+$'`,
    renamed: ["id", "promotion_rule_id", "value"],
  },
  {
    name: "promotion_rule_value",
    where: `promotion_rule_id in (${rules}) and value ~ '^[0-9.]+$'`,
    renamed: ["id", "promotion_rule_id"],
  },
  {
    name: "promotion_application_method",
    where: `promotion_id in (${promotions})`,
    renamed: ["id", "promotion_id"],
  },
  {
    name: "promotion_promotion_rule",
    where: `promotion_id in (${promotions})`,
    renamed: ["promotion_id", "promotion_rule_id"],
  },
  {
    name: "application_method_target_rules",
    where: `application_method_id in (${methods})`,
    renamed: ["application_method_id", "promotion_rule_id"],
  },
];

/** Copies the promotions with these codes so many times, with codes and goods of their own. */
export async function copyPromotions(client: Client, codes: readonly string[], times: number): Promise<void> {
  for (const { name, where, renamed } of tables) {
    const names = renamed.map((column) => `'${column}', ${column} || '-copy-' || n`).join(", ");
    await client.query(
      `insert into ${name}
       select (jsonb_populate_record(one, jsonb_build_object(${names}))).*
       from ${name} as one, generate_series(1, $2) as n where ${where}`,
      [codes, times],
    );
  }
}
