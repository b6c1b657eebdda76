import type { ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Board } from '../live/board.ts';
import type { Connection } from '../live/feed.ts';
import type { GatewayClock } from '../live/gateway-clock.ts';
import type { LanguageChoice } from '../parts/language.ts';
import type { Keeper } from '../session/keeper.ts';
import type { Messages } from './messages.ts';

/** What every part of the wall may read; made once in main.tsx. */
export type WallContext = {
  board: Board;
  clock: GatewayClock;
  connection: ReadonlySignal<Connection>;
  keeper: Keeper;
  language: LanguageChoice<Messages>;
};

const Context = createContext<WallContext | null>(null);

export const WallProvider = Context.Provider;

export function useWall(): WallContext {
  const context = useContext(Context);
  if (context === null) throw new Error('used outside the wall');
  return context;
}
