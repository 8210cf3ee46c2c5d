import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { Session } from '../../../src/api/session.ts';

export const SessionContext = createContext<Session | null>(null);

/** Whether buttons that change something are of use to this person. */
export function useIsOperator(): boolean {
  return useContext(SessionContext)?.role === 'operator';
}
