/** Receipts: kept in order, within bounds. */
import { describe, expect, it } from '@jest/globals';
import type { Receipt, Reference } from '@keytrail/contracts';
import { receiptBook, type ReceiptOf } from './receipts.js';

const numbered = (version: number): ReceiptOf => ({
  reference: 'tenant.acme.openai.prod' as Reference,
  version,
  receipt: {} as Receipt,
  requestId: String(version),
  receivedAt: '2026-01-01T00:00:00.000Z',
});

describe('receipts', () => {
  it('are kept oldest first, and the oldest is dropped for the newest', () => {
    const book = receiptBook(3);
    for (const version of [1, 2, 3, 4, 5]) book.keep(numbered(version));
    expect(book.all()).toEqual([3, 4, 5].map(numbered));
  });

  it('that were looked at stay as they were', () => {
    const book = receiptBook(3);
    book.keep(numbered(1));
    const seen = book.all();
    book.keep(numbered(2));
    expect(seen).toEqual([numbered(1)]);
  });

  it('are not kept where none are wanted', () => {
    const book = receiptBook(0);
    book.keep(numbered(1));
    expect(book.all()).toEqual([]);
  });
});
