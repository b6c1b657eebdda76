/** Answers that were given last, by the tree and what was asked of it: the next is made from them. */
import type { OrgTree } from '../domain/org.ts';
import type { Answer } from './answer-bytes.ts';

/** A city's has seven megabytes, and there are four periods; a larger one is kept alone. */
const BYTES_KEPT = 48_000_000;

export type KeptAnswers<Of> = {
  of(tree: OrgTree, name: string): KeptAnswer<Of> | null;
  keep(tree: OrgTree, name: string, kept: KeptAnswer<Of>): void;
};
/** `of`: what it was made of. */
export type KeptAnswer<Of> = { of: Of; answer: Answer };

export function createKeptAnswers<Of>(mostBytes = BYTES_KEPT): KeptAnswers<Of> {
  const names = new WeakMap<OrgTree, Map<string, symbol>>();
  /** Whichever was given last is the last. */
  const kept = new Map<symbol, KeptAnswer<Of>>();
  let bytes = 0;
  const nameOf = (tree: OrgTree, name: string): symbol => {
    const known = names.get(tree) ?? new Map<string, symbol>();
    names.set(tree, known);
    const own = known.get(name) ?? Symbol(name);
    known.set(name, own);
    return own;
  };
  const drop = (own: symbol) => {
    bytes -= kept.get(own)?.answer.bytes.length ?? 0;
    kept.delete(own);
  };
  return {
    of: (tree, name) => kept.get(nameOf(tree, name)) ?? null,
    keep(tree, name, one) {
      const own = nameOf(tree, name);
      drop(own);
      kept.set(own, one);
      bytes += one.answer.bytes.length;
      for (const oldest of kept.keys()) {
        if (bytes <= mostBytes || oldest === own) break;
        drop(oldest);
      }
    },
  };
}
