-- As the other books: not even the owner of the tables changes an entry by mistake.
create trigger rebate_entries_append_only before update or delete on rebate_entries
  for each row execute function refuse_change();
create trigger rebate_entries_never_emptied before truncate on rebate_entries
  for each statement execute function refuse_change();
