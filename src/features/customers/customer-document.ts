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

/**
 * What is known of a customer and of the guest they were: the customer's own goes first, and what a customer may have at most counts;
 * groups and tags are united, and they have been known since the earlier day.
 */
export function mergedDocument(
  guest: Pick<CustomerRowLike, "document" | "createdAt">,
  customer: Pick<CustomerRowLike, "document" | "createdAt">,
): CustomerDocument {
  const [theirs, own] = [guest.document, customer.document];
  const names = (field: "groups" | "tags") => {
    const [before, others] = [own[field] ?? [], theirs[field] ?? []];
    return [...new Set([...before, ...others])].slice(0, Math.max(before.length, limits.namesPerField));
  };
  const attributes = { ...theirs.attributes, ...own.attributes };
  const fits =
    Object.keys(attributes).length <= limits.namesPerField &&
    Buffer.byteLength(JSON.stringify(attributes)) <= mostAttributeBytes;
  const consents = Object.entries({ ...own.consents, ...theirs.consents, ...own.consents });
  const since = [
    own.createdAt ?? customer.createdAt.toISOString(),
    theirs.createdAt ?? guest.createdAt.toISOString(),
  ];
  return {
    ...withoutNulls(theirs),
    ...withoutNulls(own),
    groups: names("groups"),
    tags: names("tags"),
    ...(fits && { attributes }),
    consents: Object.fromEntries(consents.slice(0, mostConsents)),
    createdAt: since.sort((a, b) => Date.parse(a) - Date.parse(b))[0]!,
  };
}

function withoutNulls(document: CustomerDocument): CustomerDocument {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value != null));
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
