/**
 * SQL that says whether an ERP's order which names no redemption is the same sale as a redemption that no order names: it has
 * its number and currency, and is of the same customer, or where one of the two knows none has the same total. `order`,
 * `redemption`: names of rows of `orders` and `redemptions`.
 */
export const isSameSale = (order: string, redemption: string): string => `(
  ${order}.redemption_id is null and ${redemption}.project_id = ${order}.project_id
  and ${redemption}.order_ref = ${order}.external_id and ${redemption}.currency = ${order}.currency and not ${redemption}.is_deposit
  and (${redemption}.customer_id = ${order}.customer_id
    or (${redemption}.customer_id is null or ${order}.customer_id is null) and ${redemption}.total = ${order}.total)
  and not exists (select from orders linked
                   where linked.project_id = ${redemption}.project_id and linked.redemption_id = ${redemption}.id))`;

/** The states of redemptions that were sales. */
export const isSold = (redemption: string): string =>
  `${redemption}.state in ('committed', 'partially_returned', 'returned')`;
