/** Who is signed in. */

import { api, ApiError, UNREACHABLE } from "../api";
import type { Permission, Session } from "../doors";
import type { Key } from "../i18n/strings";

class SessionState {
  who = $state<Session | null>(null);
  /** False until it is known whether a session exists already. */
  known = $state(false);
  notice = $state<Key | null>(null);

  may(what: Permission): boolean {
    return this.who?.permissions.includes(what) ?? false;
  }

  /** Take a one-time code from the address, or go on with the session that the browser holds. */
  async begin(): Promise<void> {
    const once = oneTimeCode();
    try {
      this.who = once === null ? await api.whoAmI() : await api.signInOnce(once);
    } catch (error) {
      if (once !== null) await this.#stay("signin.once_failed");
      else if (error instanceof ApiError && error.status === UNREACHABLE) this.notice = "error.unreachable";
    }
    this.known = true;
  }

  /** A spent one-time link is no matter when the browser still holds a session. */
  async #stay(otherwise: Key): Promise<void> {
    try {
      this.who = await api.whoAmI();
    } catch {
      this.notice = otherwise;
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    this.notice = null;
    try {
      this.who = await api.signIn(name, password);
    } catch (error) {
      const wrong = error instanceof ApiError && (error.status === 401 || error.status === 403);
      this.notice = wrong ? "signin.wrong" : "error.unreachable";
    }
  }

  async signOut(): Promise<void> {
    try {
      await api.signOut();
    } finally {
      this.who = null;
    }
  }

  /** Ask the service whether the session still holds; when it says no, back to sign-in. */
  async verify(): Promise<void> {
    try {
      await api.whoAmI();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && this.who !== null) {
        this.who = null;
        this.notice = "signin.ended";
      }
    }
  }
}

function oneTimeCode(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const code = fragment.get("one-time") ?? fragment.get("one_time");
  if (code !== null) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

export const session = new SessionState();
