/** What a customer must satisfy beyond the shape, and how one is shown. */
import { limits } from "../../engine/limits.ts";
import { isErased } from "../../platform/customer-data.ts";
import { isKeepable, outOfRange } from "../../platform/instants.ts";
import type { ProblemError } from "../../platform/problem.ts";
import { pointer } from "../../platform/text-safety.ts";
import {
  type Customer,
  type CustomerDocument,
  mostAttributeBytes,
  mostConsents,
} from "./customer-schemas.ts";

/** February has 29 days where the year is not known. */
const leapYear = 2000;

export function faultsOf(id: string, document: CustomerDocument): ProblemError[] {
  const errors: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  if (isErased(id)) fault("/id", "id_reserved", "Ids that begin like this stand for erased customers.");
  const { attributes, birthday, consents, createdAt } = document;
  if (attributes != null) {
    if (Object.keys(attributes).length > limits.namesPerField)
      fault("/attributes", "too_many_attributes", `At most ${limits.namesPerField} attributes.`);
    if (Object.keys(attributes).some(({ length }) => length === 0 || length > limits.nameLength))
      fault("/attributes", "attribute_name_length", `A name has 1 to ${limits.nameLength} characters.`);
    if (Buffer.byteLength(JSON.stringify(attributes)) > mostAttributeBytes)
      fault(
        "/attributes",
        "attributes_too_large",
        `All attributes have at most ${mostAttributeBytes} bytes.`,
      );
  }
  if (birthday != null && !isDay(birthday)) fault("/birthday", "time_invalid", "There is no such day.");
  if (consents != null) {
    if (Object.keys(consents).length > mostConsents)
      fault("/consents", "too_many_consents", `At most ${mostConsents} purposes.`);
    for (const [purpose, { at }] of Object.entries(consents)) {
      if (purpose.length === 0 || purpose.length > limits.nameLength)
        fault("/consents", "purpose_length", `A purpose has 1 to ${limits.nameLength} characters.`);
      else if (!isKeepable(at))
        fault(pointer(["consents", purpose, "at"]), outOfRange.code, outOfRange.message);
    }
  }
  if (createdAt != null && !isKeepable(createdAt)) fault("/createdAt", outOfRange.code, outOfRange.message);
  return errors;
}

function isDay(birthday: string): boolean {
  const [day = 0, month = 0] = birthday.split("-").reverse().map(Number);
  const year = birthday.startsWith("-") ? leapYear : Number(birthday.slice(0, 4));
  const date = new Date(Date.UTC(leapYear, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCDate() === day;
}

/** Each name once, in the order given. */
export function tidied(document: CustomerDocument): CustomerDocument {
  const { groups, tags } = document;
  return {
    ...document,
    ...(groups != null && { groups: [...new Set(groups)] }),
    ...(tags != null && { tags: [...new Set(tags)] }),
  };
}

interface CustomerRowLike {
  readonly id: string;
  readonly version: number;
  readonly document: CustomerDocument;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export function shownCustomer({ id, version, document, createdAt, updatedAt }: CustomerRowLike): Customer {
  return {
    id,
    groups: document.groups ?? [],
    tags: document.tags ?? [],
    attributes: document.attributes ?? {},
    birthday: document.birthday ?? null,
    locale: document.locale ?? null,
    consents: document.consents ?? {},
    version,
    createdAt: document.createdAt ?? createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
