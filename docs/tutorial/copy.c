/* Copy a file through a pipe with splice: what goes in is taken for what comes out. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int ends[2];
    if (argc != 3 || pipe(ends) != 0)
        return 2;
    int in = open(argv[1], O_RDONLY);
    int out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ssize_t taken;
    while ((taken = splice(in, NULL, ends[1], NULL, 65536, SPLICE_F_MOVE)) > 0)
        if (splice(ends[0], NULL, out, NULL, (size_t)taken, SPLICE_F_MOVE) < 0)
            return 1;
    return taken < 0;
}
