import { useMemo } from 'preact/hooks';
import type { Pager } from './pager.ts';

/**
 * Handlers for the element whose pages somebody reads. A pointer counts when it moves on the screen: a page that turns under
 * a mouse at rest makes the browser send events, too.
 */
export function useReader(pager: Pager) {
  return useMemo(() => {
    let at: { x: number; y: number } | null = null;
    const onPointerMove = ({ screenX: x, screenY: y }: PointerEvent) => {
      const moved = at !== null && (at.x !== x || at.y !== y);
      at = { x, y };
      if (moved) pager.hold();
    };
    return { onPointerMove, onPointerDown: pager.hold, onFocusIn: pager.hold, onKeyDown: pager.hold };
  }, [pager]);
}
