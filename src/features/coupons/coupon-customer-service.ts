import type { CustomerData } from "../../platform/customer-data.ts";
import { couponsOfCustomer, eraseCouponCustomer, mergeCouponCustomer } from "./coupon-customer-store.ts";

export const couponCustomerData: CustomerData = {
  name: "coupons",
  read: couponsOfCustomer,
  erase: eraseCouponCustomer,
  merge: mergeCouponCustomer,
};
