import { useEffect, useState } from 'preact/hooks';

/** Whole seconds until `deadline` on the monotonic clock, counted down live; 0 from then on, and for null. */
export function useSecondsUntil(deadline: number | null): number {
  const left = () => (deadline === null ? 0 : Math.max(0, Math.ceil((deadline - performance.now()) / 1_000)));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    if (deadline === null) return;
    const timer = setInterval(() => {
      setSeconds(left());
      if (left() === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [deadline]);
  return deadline === null ? 0 : seconds;
}

type Words = { seconds(count: number): string; minutesAndSeconds(minutes: number, seconds: number): string };

export function formatWait(seconds: number, text: Words): string {
  return seconds < 60
    ? text.seconds(seconds)
    : text.minutesAndSeconds(Math.floor(seconds / 60), seconds % 60);
}
