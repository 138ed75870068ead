-- customers.sql - the utility's accounts, as far as the hotline must know them; due in fen.
create table customer (account text primary key, name text not null, due integer not null, pay_by text not null);
insert into customer values ('12345674', '王小明', 12345, '2026-12-10');
insert into customer values ('52856566', 'Li Wei', 250, '2026-12-31');
insert into customer values ('70152274', '张丽', 0, '2026-12-31');
insert into customer values ('98925937', 'Anne Smith', 1050050, '2026-11-30');
