/** Two shares against each other, exactly: Fisher, The logic of inductive inference, JRSS 98 (1935) 39–82. */
import { logBinomialPmf } from './binomial.ts';
import { requireShareOf } from './refusal.ts';

/** x₁ of n₁ beside x₂ of n₂. */
export type TwoShares = { x1: number; n1: number; x2: number; n2: number };

/** ln P(X₁ = x₁ | x₁ + x₂) when both shares are truly the same (hypergeometric; Loader's form). */
export function logHypergeometric({ x1, n1, x2, n2 }: TwoShares): number {
  const [k, n] = [x1 + x2, n1 + n2];
  if (k === 0 || k === n) return 0;
  const p = k / n;
  return logBinomialPmf(x1, n1, p) + logBinomialPmf(x2, n2, p) - logBinomialPmf(k, n, p);
}

/** P(X₁ = x₁ + 1) / P(X₁ = x₁) */
const stepUp = ({ x1, n1, x2, n2 }: TwoShares) => ((n1 - x1) / (x1 + 1)) * (x2 / (n2 - x2 + 1));

function requireShares({ x1, n1, x2, n2 }: TwoShares): void {
  requireShareOf(x1, n1);
  requireShareOf(x2, n2);
}

/** Σ P(X₁ ≥ x₁) / P(X₁ = x₁), for an x₁ that is not below what is expected. */
function tailSum({ x1, n1, x2, n2 }: TwoShares): number {
  let [term, sum] = [1, 1];
  for (let up = 0; up < Math.min(n1 - x1, x2) && term > 1e-17 * sum; up++) {
    term *= stepUp({ x1: x1 + up, n1, x2: x2 - up, n2 });
    sum += term;
  }
  return sum;
}

/** P(X₁ ≥ x₁): small when the first share is the greater one beyond chance. @throws StatisticsRefusal `counts-invalid` */
export function fisherGreater(shares: TwoShares): number {
  requireShares(shares);
  const { x1, n1, x2, n2 } = shares;
  if (x1 === 0 || x2 === n2) return 1;
  if (x1 * (n1 + n2) < (x1 + x2) * n1) {
    const below = { x1: x2 + 1, n1: n2, x2: x1 - 1, n2: n1 };
    return 1 - Math.exp(logHypergeometric(below)) * tailSum(below);
  }
  return Math.min(1, Math.exp(logHypergeometric(shares)) * tailSum(shares));
}

/**
 * P of all tables that are at most as likely as this one, ties within 1e-7 as in R's fisher.test.
 * @throws StatisticsRefusal `counts-invalid`
 */
export function fisherTwoSided(shares: TwoShares): number {
  requireShares(shares);
  const { x1, n1, x2, n2 } = shares;
  const k = x1 + x2;
  const mode = Math.floor(((k + 1) * (n1 + 1)) / (n1 + n2 + 2));
  const likeliest = { x1: mode, n1, x2: k - mode, n2 };
  const own = Math.exp(logHypergeometric(shares) - logHypergeometric(likeliest)) * (1 + 1e-7);
  let [all, asFar] = [0, 0];
  const add = (term: number) => {
    all += term;
    if (term <= own) asFar += term;
  };
  add(1);
  let term = 1;
  for (let at = mode; at < Math.min(n1, k) && term > 1e-17 * own; at++) {
    term *= stepUp({ x1: at, n1, x2: k - at, n2 });
    add(term);
  }
  term = 1;
  for (let at = mode; at > Math.max(0, k - n2) && term > 1e-17 * own; at--) {
    term /= stepUp({ x1: at - 1, n1, x2: k - at + 1, n2 });
    add(term);
  }
  return asFar / all;
}
