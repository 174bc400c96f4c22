import type { CustomerData } from "../../platform/customer-data.ts";
import {
  eraseReferralCustomer,
  mergeReferralCustomer,
  referralsOfCustomer,
} from "./referral-customer-store.ts";

export const referralCustomerData: CustomerData = {
  name: "referrals",
  read: referralsOfCustomer,
  erase: eraseReferralCustomer,
  merge: mergeReferralCustomer,
};
