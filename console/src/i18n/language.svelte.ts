/** The language in use, and words in it. */

import { fill, firstLanguage, strings, type Key, type Language } from "./strings";

const STORED = "liti.language";

class Speech {
  language = $state<Language>(firstLanguage(read(), navigator.languages));

  switch(): void {
    this.language = this.language === "zh" ? "en" : "zh";
    document.documentElement.lang = this.language === "zh" ? "zh-CN" : "en";
    try {
      localStorage.setItem(STORED, this.language);
    } catch {
      // Storage is a convenience; the choice holds for this page anyway.
    }
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

export const speech = new Speech();
document.documentElement.lang = speech.language === "zh" ? "zh-CN" : "en";

/** A text of the table in the language in use. */
export function t(key: Key, values?: Record<string, string | number>): string {
  return fill(strings[key][speech.language], values);
}

/** The text of a key made from data, or the data itself when the table lacks it. */
export function tData(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in strings ? t(key as Key) : value;
}

/** A name that comes in both languages. */
export function named(row: { name?: unknown; name_en?: unknown; id?: unknown }): string {
  const own = speech.language === "en" ? row.name_en || row.name : row.name || row.name_en;
  return String(own || row.id || "");
}
