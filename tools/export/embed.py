# SPDX-License-Identifier: BSD-2-Clause
"""embed.py OUT FILE... - C source files as strings, for the exporter to print"""
import os
import sys

with open(sys.argv[1], 'w', encoding='ascii') as out:
    out.write('/* Made by embed.py */\n#include "tools/export/emit.h"\n\n')
    out.write('const struct part export_parts[] = {\n')
    for path in sys.argv[2:]:
        name = os.path.splitext(os.path.basename(path))[0]
        lines = open(path, encoding='ascii').read().split('\n')
        needs = ''
        if lines[0].startswith('/* needs: '):
            needs = lines.pop(0)[len('/* needs: '):-len(' */')]
        out.write('\t{ "%s", "%s",\n' % (name, needs))
        for line in lines[:-1]:
            line = line.replace('\\', '\\\\').replace('"', '\\"').replace('\t', '\\t')
            out.write('\t  "%s\\n"\n' % line)
        out.write('\t},\n')
    out.write('\t{ NULL, NULL, NULL },\n};\n')
