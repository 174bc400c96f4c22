-- A merge of customers looks for what tills took of a guest's vouchers for somebody else.
create index offline_flags_wrong_customer on offline_flags (project_id, voucher_id) where kind = 'wrong_customer';
