/** Sentences about failures and findings, in the language in use. */

import { ApiError, UNREACHABLE } from "../api";
import type { Finding } from "../doors";
import { speech, t } from "../i18n/language.svelte";

export function reason(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === UNREACHABLE) return t("error.unreachable");
  const { detail, detail_zh, title } = error.problem;
  const said = speech.language === "zh" ? (detail_zh ?? detail ?? title) : (detail ?? title);
  return said ?? t("error.http", { status: error.status });
}

/** Whether a finding keeps its mission from being cleared. */
export function blocks(finding: Finding): boolean {
  return finding.severity === "blocking" && finding.overridden === undefined;
}

export function findingText(finding: Finding): string {
  return speech.language === "zh" && finding.message_zh ? finding.message_zh : finding.message;
}
