/**
 * What two people have decided about a vote is not written over, whoever writes: a gateway of before reviews may run beside this one. Nor is
 * that a system gave a vote itself: one of before imputed votes judges it as any other, and its verdict is all that says so to the rules.
 */
import type { Migration } from './flavour.ts';

/** Codes of `Verdict`, as they are when this is applied. */
const [COUNTED, IMPUTED, DISMISSED] = [0, 7, 8];

const IS_OTHERWISE = `EXISTS (SELECT 1 FROM decided_votes d WHERE d.source_key = NEW.source_key AND d.seq = NEW.seq
    AND NEW.verdict <> CASE WHEN d.by_rules = ${IMPUTED} THEN ${IMPUTED} WHEN d.decision = 'dismiss' THEN ${DISMISSED} ELSE ${COUNTED} END)`;
const UPDATE_IT = 'a gateway that would is older than the database, update it';
const REFUSED = `what two people have decided about a vote is not written over: ${UPDATE_IT}`;
const NO_PRESS = `that a system gave a vote itself is not written over: ${UPDATE_IT}`;

/** By nobody: what a person decides about an imputed vote leaves it imputed. Beside a decision it is kept for when that is taken back. */
const OF_IMPUTED = [
  ['votes_imputed', 'votes', 'verdict'],
  ['decided_votes_imputed', 'decided_votes', 'by_rules'],
] as const;

const ON_SQLITE = [
  `CREATE TRIGGER votes_decided BEFORE UPDATE OF verdict ON votes WHEN NEW.verdict <> OLD.verdict AND ${IS_OTHERWISE}
   BEGIN SELECT RAISE(ABORT, '${REFUSED}'); END`,
  ...OF_IMPUTED.map(
    ([name, table, column]) => `CREATE TRIGGER ${name} BEFORE UPDATE OF ${column} ON ${table}
   WHEN OLD.${column} = ${IMPUTED} AND NEW.${column} <> ${IMPUTED} BEGIN SELECT RAISE(ABORT, '${NO_PRESS}'); END`,
  ),
];

const ON_POSTGRES = [
  `CREATE FUNCTION refuse_undecided_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF ${IS_OTHERWISE} THEN RAISE EXCEPTION '${REFUSED}' USING ERRCODE = '23514'; END IF;
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER votes_decided BEFORE UPDATE OF verdict ON votes FOR EACH ROW
   WHEN (NEW.verdict <> OLD.verdict) EXECUTE FUNCTION refuse_undecided_verdict()`,
  `CREATE FUNCTION refuse_as_pressed() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN RAISE EXCEPTION '${NO_PRESS}' USING ERRCODE = '23514'; END $$`,
  ...OF_IMPUTED.map(
    ([name, table, column]) => `CREATE TRIGGER ${name} BEFORE UPDATE OF ${column} ON ${table} FOR EACH ROW
   WHEN (OLD.${column} = ${IMPUTED} AND NEW.${column} <> ${IMPUTED}) EXECUTE FUNCTION refuse_as_pressed()`,
  ),
];

export const DECIDED_GUARD: Migration = {
  name: 'decided',
  statements: ({ name }) => (name === 'postgres' ? ON_POSTGRES : ON_SQLITE),
};
