-- Imported codes are compared as their pool compares codes, with look-alikes folded, and printed as they were spelled.
alter table coupons add column spelling text;
comment on column coupons.spelling is 'How an imported code is printed, where that does not follow from the code and the form of its pool.';
