// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns under headings; numbers stand to the right. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headings) {
        rows.add(List.of(headings));
    }

    Table row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
        return this;
    }

    void print(PrintWriter out, String indent) {
        int columns = rows.getFirst().size();
        int[] width = new int[columns];
        boolean[] right = new boolean[columns];
        for (int column = 0; column < columns; column++) {
            int at = column;
            width[column] =
                    rows.stream().mapToInt(row -> row.get(at).length()).max().orElse(0);
            right[column] = rows.stream().skip(1).allMatch(row -> startsWithDigit(row.get(at)));
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(indent);
            for (int column = 0; column < columns; column++) {
                String cell = row.get(column);
                String gap = " ".repeat(width[column] - cell.length());
                line.append(right[column] ? gap + cell : cell + gap).append("  ");
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private static boolean startsWithDigit(String cell) {
        return cell.equals("-") || (!cell.isEmpty() && Character.isDigit(cell.charAt(0)) && !cell.contains("T"));
    }
}
