const KEY = 'manyi.wall-link';

/**
 * Whether this tab was opened by a wall link, kept over reloads: such a tab hangs on a wall, and nobody there can sign
 * in. A kiosk may forbid storage: then it knows until the page is loaded again, by its start address.
 */
export function createLinkMemory(storage: () => Storage): {
  remember(opened: boolean): void;
  recall(): boolean;
} {
  let known = read(storage);
  return {
    remember(opened) {
      known = opened;
      try {
        if (opened) storage().setItem(KEY, '1');
        else storage().removeItem(KEY);
      } catch {
        // Known as long as the page lives.
      }
    },
    recall: () => known,
  };
}

function read(storage: () => Storage): boolean {
  try {
    return storage().getItem(KEY) === '1';
  } catch {
    return false;
  }
}
