# heald_add_test(): tests of CTest that explore every execution of a program, or verify a description.
#
#   heald integration cmake > cmake/Heald.cmake
#
#   include(cmake/Heald.cmake)
#   heald_add_test(NAME queue SOURCES queue_test.c TARGET queue BUDGET 30s)
#   heald_add_test(NAME stack DESCRIPTION test_stack.py BUDGET 2m)
#
# NAME         of the test.
# SOURCES      C or C++ files of a program with main (heald check).
# DESCRIPTION  a Python file with heald.Subject objects (heald verify).
# TARGET       take include directories, definitions and options of this target for SOURCES.
# FLAGS        more words for the compiler.   OPTIONS  more words for heald, such as --model;sc.
# BUDGET       60s unless given.
# UNDECIDED_SKIPS  the budget ended first: the test counts as skipped, not as failed.
#
# A failure leaves NAME.html, a page to step through, in the build directory.

find_program(HEALD_EXECUTABLE heald DOC "heald, which explores executions of C")

function(heald_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "UNDECIDED_SKIPS" "NAME;DESCRIPTION;TARGET;BUDGET"
                        "SOURCES;FLAGS;OPTIONS")
  if(NOT arg_NAME OR NOT (arg_SOURCES OR arg_DESCRIPTION) OR (arg_SOURCES AND arg_DESCRIPTION))
    message(FATAL_ERROR "heald_add_test: NAME, and SOURCES or DESCRIPTION; got ${ARGV}")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "heald_add_test: what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  if(NOT HEALD_EXECUTABLE)
    message(WARNING "heald_add_test: no heald on PATH (pip install heald); ${arg_NAME} is left out")
    return()
  endif()
  if(NOT arg_BUDGET)
    set(arg_BUDGET 60s)
  endif()
  set(verb check)
  if(arg_DESCRIPTION)
    set(verb verify)
  endif()
  set(files)
  foreach(file IN LISTS arg_SOURCES arg_DESCRIPTION)
    get_filename_component(file "${file}" ABSOLUTE)
    list(APPEND files "${file}")
  endforeach()
  if(arg_TARGET)
    set(of "$<TARGET_PROPERTY:${arg_TARGET}")
    set(folders "${of},INCLUDE_DIRECTORIES>")
    set(defined "${of},COMPILE_DEFINITIONS>")
    set(folders "$<$<BOOL:${folders}>:-I$<JOIN:${folders},;-I>>")
    set(defined "$<$<BOOL:${defined}>:-D$<JOIN:${defined},;-D>>")
    set(chosen "${of},COMPILE_OPTIONS>")
  endif()
  add_test(
    NAME ${arg_NAME}
    COMMAND ${HEALD_EXECUTABLE} ${verb} ${files} --budget ${arg_BUDGET} --html
            ${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.html ${arg_OPTIONS} -- ${arg_FLAGS}
            "${folders}" "${defined}" "${chosen}"
    COMMAND_EXPAND_LISTS)
  if(arg_UNDECIDED_SKIPS)
    set_tests_properties(${arg_NAME} PROPERTIES SKIP_RETURN_CODE 3)
  endif()
endfunction()
