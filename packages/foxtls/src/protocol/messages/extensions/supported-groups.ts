/**
 * supported_groups (RFC 8446 §4.2.7): the groups for key exchange, most preferred first.
 *
 * ```
 * struct { NamedGroup named_group_list<2..2^16-1>; } NamedGroupList;
 * ```
 */

import { uint16, vector } from '../../../core/wire/codec.ts';

export const supportedGroups = vector(uint16, 2, 0xffff);
