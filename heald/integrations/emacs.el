;;; Emacs: heald integration emacs >> ~/.emacs.d/init.el; then M-x compile RET heald check queue_test.c
;; In *compilation* the places of a failure are errors to step to with next-error.
(with-eval-after-load 'compile
  (add-to-list 'compilation-error-regexp-alist-alist
               '(heald "^  [a-z]+ +\\(?:main\\|thread [0-9]+\\) +\\([^ \n]+\\):\\([0-9]+\\)" 1 2))
  (add-to-list 'compilation-error-regexp-alist 'heald))
