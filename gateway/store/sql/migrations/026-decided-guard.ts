/** What two people have decided about a vote is not written over, whoever writes: a gateway of before reviews may run beside this one. */
import type { Migration } from './flavour.ts';

/** Codes of `Verdict`, as they are when this is applied. */
const [COUNTED, IMPUTED, DISMISSED] = [0, 7, 8];

const IS_OTHERWISE = `EXISTS (SELECT 1 FROM decided_votes d WHERE d.source_key = NEW.source_key AND d.seq = NEW.seq
    AND NEW.verdict <> CASE WHEN d.by_rules = ${IMPUTED} THEN ${IMPUTED} WHEN d.decision = 'dismiss' THEN ${DISMISSED} ELSE ${COUNTED} END)`;
const REFUSED =
  'what two people have decided about a vote is not written over: a gateway that would is older than the database, update it';

const ON_SQLITE = [
  `CREATE TRIGGER votes_decided BEFORE UPDATE OF verdict ON votes WHEN NEW.verdict <> OLD.verdict AND ${IS_OTHERWISE}
   BEGIN SELECT RAISE(ABORT, '${REFUSED}'); END`,
];

const ON_POSTGRES = [
  `CREATE FUNCTION refuse_undecided_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF ${IS_OTHERWISE} THEN RAISE EXCEPTION '${REFUSED}' USING ERRCODE = '23514'; END IF;
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER votes_decided BEFORE UPDATE OF verdict ON votes FOR EACH ROW
   WHEN (NEW.verdict <> OLD.verdict) EXECUTE FUNCTION refuse_undecided_verdict()`,
];

export const DECIDED_GUARD: Migration = {
  name: 'decided',
  statements: ({ name }) => (name === 'postgres' ? ON_POSTGRES : ON_SQLITE),
};
