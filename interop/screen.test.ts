/** The harness for programs that draw: a screen is what a person would see. */

import { describe, expect, it } from 'vitest';
import { peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { startScreen } from './harness/screen.ts';

describe('a screen', () => {
  it('shows what a program draws, takes keys, changes its size, and tells the exit code', async (context) => {
    peerOrSkip(context, 'tmux');
    const screen = startScreen({
      command: 'sh -c \'read line; stty size; echo "<$line>"; read line; exit 3\'',
      columns: 60,
      rows: 20,
    });
    screen.type('two words ü');
    screen.press('Enter');
    await screen.shows(/^20 60\n<two words ü>$/m);
    screen.resize(100, 30);
    screen.press('Enter');
    expect(await screen.ended()).toBe(3);
  });
});
