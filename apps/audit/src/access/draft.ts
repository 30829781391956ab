/** Drafts of policies: nobody has looked at them yet, so each is checked before anything else reads it. */
import { checkDocument } from '@keytrail/access';
import type { PolicyCheck, Workspace } from '@keytrail/contracts';
import { Injectable } from '@nestjs/common';

/** So many that were found fit are remembered, for whoever turns the pages of one asks about the same each time. */
const REMEMBERED = 32;

@Injectable()
export class Drafts {
  private readonly fit = new Set<string>();

  /** What is wrong with a draft; nothing of one that could be published in the workspace. */
  async issuesIn(source: string, workspace: Workspace): Promise<PolicyCheck['issues']> {
    const key = `${workspace} ${source}`;
    const issues = this.fit.delete(key) ? [] : (await checkDocument(source, workspace)).issues;
    if (issues.length > 0) return issues;
    this.fit.add(key);
    const [oldest] = this.fit;
    if (this.fit.size > REMEMBERED && oldest !== undefined) this.fit.delete(oldest);
    return [];
  }
}
